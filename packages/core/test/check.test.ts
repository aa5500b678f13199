import { hostTensor } from "@snapfit/base";
import { sgd } from "@snapfit/optim";
import { expectNoTensorLeak } from "@snapfit/test-utils";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { check, type CheckFinding, type Model, type ParameterSource, type StepResult } from "../src/index.js";
import { Lines, plain, quietly, Regression, rows, smallModel, squaredError, type Rows } from "./support/regression.js";

const [batch] = rows(1, 6) as [ReturnType<typeof rows>[number]];
const kernelInitializer = tf.initializers.glorotUniform({ seed: 3 });

/** The model of `layers` behind an input of three numbers. */
const sequential = (...layers: tf.layers.Layer[]): tf.LayersModel =>
  tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [3], name: "input" }), ...layers] });
const dense = (name: string, units = 2, options: Partial<Parameters<typeof tf.layers.dense>[0]> = {}): tf.layers.Layer =>
  tf.layers.dense({ name, units, kernelInitializer, ...options });

async function findingsOf(model: Model, data: unknown = batch): Promise<readonly CheckFinding[]> {
  return (await check(model, data)).findings;
}

/** A layer of the user's. */
class Custom extends tf.layers.Layer {
  static className = "Custom";
  constructor(
    name: string,
    readonly body: (x: tf.Tensor) => tf.Tensor,
  ) {
    super({ name });
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return this.body(Array.isArray(inputs) ? inputs[0]! : inputs);
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return shape;
  }
}

describe("check finds", () => {
  test("nothing in a sound model, and tells the memory of other batch sizes", async () => {
    const { findings, memory, memoryText } = await check(smallModel(), batch);
    expect(findings).toEqual([]);
    expect(memory!.numSamples).toBe(6);
    // At least what each sample has: 3 inputs, 5 hidden units and 2 outputs, forward and backward.
    expect(memory!.bytesPerSample).toBeGreaterThanOrEqual((3 + 5 + 2) * 4);
    expect(memory!.peakBytesOf(12)).toBe(memory!.peakBytes + 6 * memory!.bytesPerSample);
    expect(memoryText).toMatch(
      /^Tensors of a step take \S+ [kM]B with 6 samples, \S+ [kM]B with 12 samples and \S+ [kM]B with 24 samples\.$/,
    );
  });

  test("the layer that another shape does not fit", async () => {
    const model = sequential(dense("first", 4), new Custom("cut", (x) => tf.slice(x, [0, 0], [-1, 3])), dense("last"));
    expect(await findingsOf(model)).toEqual([
      {
        severity: "error",
        code: "STEP_FAILED",
        where: "last",
        message: expect.stringMatching(/^last \(Dense\) failed on float32 \[6, 3\]; it was built for \[batch, 4\]: /),
      },
    ]);
  });

  test("an input that is not the model's", async () => {
    const [finding] = await findingsOf(smallModel(), { x: hostTensor(new Float32Array(10).fill(1), [2, 5]) });
    expect(finding).toMatchObject({ code: "STEP_FAILED", where: "hidden" });
    expect(finding!.message).toMatch(/^hidden \(Dense\) failed on float32 \[2, 5\]; it was built for \[batch, 3\]: /);
  });

  test("the layer that another dtype does not fit", async () => {
    const model = sequential(dense("first"), new Custom("not", (x) => tf.logicalNot(x)));
    const [finding] = await findingsOf(model);
    expect(finding).toMatchObject({ code: "STEP_FAILED", where: "not" });
    expect(finding!.message).toMatch(/^not \(Custom\) failed on float32 \[6, 2\].*bool/);
  });

  test("all operations without gradient in one pass, with their layers", async () => {
    const failing = tf.customGrad((x) => ({
      value: tf.mul(x as tf.Tensor, 1),
      gradFunc: () => {
        throw new Error("not here");
      },
    }));
    const model = sequential(
      dense("first"),
      new Custom("product", (x) => tf.cumprod(x, 1)),
      new Custom("own", (x) => failing(x)),
      dense("last"),
    );
    const findings = await findingsOf(model);
    expect(findings.map(({ code, where }) => [code, where])).toEqual([
      ["NO_GRADIENT_OF_OP", "own"],
      ["NO_GRADIENT_OF_OP", "product"],
    ]);
    expect(findings[0]!.message).toContain("not here");
    expect(findings[1]!.message).toMatch(
      /^product \(Custom\) uses Cumprod, whose gradient cannot be computed on \w+: TensorFlow.js has none\./,
    );
  });

  test("no fault in an operation without gradient that the loss does not depend on", async () => {
    class Counting extends Regression {
      protected override trainingStep({ x, y }: Rows): StepResult {
        const predicted = this.forward(x);
        return { loss: squaredError(predicted, y), best: tf.cast(tf.argMax(predicted, 1), "float32").mean() };
      }
    }
    await using trainer = new Counting(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    expect((await check(trainer, batch)).findings).toEqual([]);
  });

  test("parameters that get no gradient", async () => {
    const { x } = { x: tf.input({ shape: [3] }) };
    const used = dense("used").apply(x) as tf.SymbolicTensor;
    const spare = dense("spare").apply(x) as tf.SymbolicTensor;
    const model = tf.model({ inputs: x, outputs: [used, spare] });
    class First extends Regression {
      protected override trainingStep({ x, y }: Rows): StepResult {
        const [predicted] = this.forward<tf.Tensor[]>(x);
        return { loss: squaredError(predicted!, y) };
      }
    }
    await using trainer = new First(quietly({ model, optimizer: sgd({ learningRate: 0.1 }) }));
    const { findings } = await check(trainer, batch);
    expect(findings).toMatchObject([{ severity: "warning", code: "NO_GRADIENT", where: "spare.kernel" }]);
    expect(findings[0]!.message).toContain("No gradient reaches spare.kernel, spare.bias");
  });

  test("a step that has no loss, where something should be trained", async () => {
    class Scoring extends Regression {
      protected override trainingStep({ x, y }: Rows): StepResult {
        return { distance: squaredError(this.forward(x), y) };
      }
    }
    await using trained = new Scoring(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    expect((await check(trained, batch)).findings).toMatchObject([
      {
        severity: "warning",
        code: "NO_GRADIENT",
        message: "The step returns no loss, so nothing is trained. Return it from trainingStep: { loss }.",
      },
    ]);
    await using scored = new Scoring(quietly({}));
    expect((await check(scored, batch)).findings).toEqual([]);
  });

  test("a loss that is not finite, of outputs that are", async () => {
    class Logarithm extends Regression {
      protected override trainingStep({ x }: Rows): StepResult {
        return { loss: tf.mean(tf.log(tf.neg(tf.square(this.forward<tf.Tensor2D>(x))))) };
      }
    }
    await using trainer = new Logarithm(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.ready();
    const { findings } = await expectNoTensorLeak(() => check(trainer, batch));
    expect(findings).toMatchObject([
      {
        severity: "error",
        code: "NOT_FINITE",
        where: undefined,
        message: expect.stringMatching(/^The loss is NaN, though all layers give finite values\./),
      },
    ]);
  });

  test("no memory of other sizes where a step takes only one", async () => {
    class Fixed extends Regression {
      protected override trainingStep({ x, y }: Rows): StepResult {
        return { loss: squaredError(tf.reshape(this.forward<tf.Tensor2D>(x), [6, 2]), y) };
      }
    }
    await using trainer = new Fixed(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.ready();
    const report = await expectNoTensorLeak(() => check(trainer, batch));
    expect(String(report)).toBe("Nothing found.");
    await trainer.fit({ train: [batch], epochs: 1 });
  });

  test("operations without slope in the loss", async () => {
    class Rounding extends Regression {
      protected override trainingStep({ x, y }: Rows): StepResult {
        return { loss: squaredError(tf.round(this.forward<tf.Tensor2D>(x)), y) };
      }
    }
    await using trainer = new Rounding(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    const { findings } = await check(trainer, batch);
    expect(findings).toMatchObject([{ code: "ZERO_GRADIENT" }]);
    expect(findings[0]!.message).toContain("operations without slope (argMax, round, sign)");
  });

  test("frozen parameters need none", async () => {
    const model = sequential(dense("frozen", 4, { trainable: false }), dense("last"));
    expect(await findingsOf(model)).toEqual([]);
  });

  test("a layer whose output does not depend on the sample, and the gradients that are zero for it", async () => {
    const model = sequential(
      dense("dead", 4, { kernelInitializer: "zeros", biasInitializer: tf.initializers.constant({ value: -1 }), activation: "relu" }),
      dense("last"),
    );
    const findings = await findingsOf(model);
    expect(findings.map(({ severity, code, where }) => [severity, code, where])).toEqual([
      ["warning", "CONSTANT_OUTPUT", "dead"],
      ["warning", "ZERO_GRADIENT", "dead.kernel"],
    ]);
  });

  test("a layer that gives NaN", async () => {
    const model = sequential(new Custom("log", (x) => tf.log(tf.neg(tf.abs(x)))), dense("last"));
    expect((await findingsOf(model))[0]).toMatchObject({ severity: "error", code: "NOT_FINITE", where: "log" });
  });

  test("inputs far out of range", async () => {
    const findings = await findingsOf(smallModel(), { x: hostTensor(Float32Array.of(0, 128, 255, 3, 4, 5), [2, 3]) });
    expect(findings[0]).toMatchObject({ severity: "warning", code: "INPUT_RANGE", where: "hidden" });
    expect(findings[0]!.message).toContain("gets values from 0 to 255");
  });

  test("NaN in the batch, with its array and sample", async () => {
    const x = hostTensor(Float32Array.of(1, 2, 3, 4, NaN, 6), [2, 3]);
    const findings = await findingsOf(smallModel(), { inputs: [x] });
    expect(findings).toMatchObject([{ severity: "error", code: "NOT_FINITE", where: "inputs.0" }]);
    expect(findings[0]!.message).toContain("holds NaN (first in sample 1)");
  });

  test("nothing in what a batch carries besides arrays", async () => {
    class Source {
      readonly self = this;
    }
    expect(await findingsOf(smallModel(), { ...batch, name: "a.csv", source: new Source() })).toEqual([]);
  });

  test("indices that an embedding has no row for", async () => {
    const model = tf.sequential({ layers: [tf.layers.embedding({ name: "words", inputDim: 10, outputDim: 2, inputLength: 3 })] });
    const [finding] = await findingsOf(model, { ids: hostTensor(Int32Array.of(0, 3, 10, 1, 2, 4), [2, 3]) });
    expect(finding).toMatchObject({ severity: "error", code: "INDEX_RANGE", where: "words" });
    expect(finding!.message).toContain("looks up 0 to 10, and has rows 0 to 9");
  });

  test("what fails outside of the layers", async () => {
    class Wrong extends Regression {
      protected override trainingStep({ x }: Rows): StepResult {
        return { loss: tf.matMul(this.forward(x), tf.ones([3, 1])).mean() };
      }
    }
    await using trainer = new Wrong(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    const { findings, memory } = await check(trainer, batch);
    expect(findings).toMatchObject([{ code: "STEP_FAILED", where: undefined }]);
    expect(findings[0]!.message).toMatch(/^The step failed outside of the model's layers: .*matMul/);
    expect(memory).toBeUndefined();
  });

  test("faults of a model without layers", async () => {
    class Scaled implements ParameterSource {
      readonly w = tf.variable(tf.tidy(() => tf.ones([3, 1])));
      parameters(): Map<string, tf.Variable> {
        return new Map([["w", this.w]]);
      }
      forward(x: tf.Tensor): tf.Tensor {
        return tf.cumprod(tf.matMul(x as tf.Tensor2D, this.w as unknown as tf.Tensor2D));
      }
    }
    const [finding] = await findingsOf(new Scaled() as unknown as ParameterSource);
    expect(finding).toMatchObject({ code: "NO_GRADIENT_OF_OP", where: "model" });
  });
});

describe("check changes nothing", () => {
  class Noisy extends Regression {
    protected override trainingStep({ x, y }: Rows): StepResult {
      const noise = this.randomStream("noise").normal();
      this.log("noise", noise);
      return { loss: squaredError(this.dropout(this.forward(x), 0.5).add(noise), y) };
    }
  }
  const model = (): tf.LayersModel => sequential(dense("first", 4), tf.layers.batchNormalization({ name: "norm" }), dense("last"));

  test("the run after it has the same bits", async () => {
    const weights = [];
    for (const isChecked of [false, true]) {
      await using trainer = new Noisy(quietly({ model, optimizer: sgd({ learningRate: 0.1 }) }));
      if (isChecked) {
        await trainer.ready();
        await expectNoTensorLeak(() => check(trainer, batch));
      }
      await trainer.fit({ train: rows(5), epochs: 2 });
      weights.push(plain(await trainer.modelWeights()));
    }
    expect(weights[1]).toEqual(weights[0]);
  });

  test("no tensor stays, also of a step that fails", async () => {
    const bad = sequential(dense("first", 4), new Custom("cut", (x) => tf.slice(x, [0, 0], [-1, 3])), dense("last"));
    const { errors } = await expectNoTensorLeak(() => check(bad, batch));
    expect(errors).toHaveLength(1);
  });

  test("is refused for batches that hold no samples", async () => {
    const none = { x: hostTensor(new Float32Array(0), [0, 3]), y: hostTensor(new Float32Array(0), [0, 2]) };
    await expect(check(smallModel(), none)).rejects.toMatchObject({
      code: "BATCH_SIZE",
      message: "check() got a batch of 0 samples. At least two tell most. Take one as the loader yields it.",
    });
    await expect(check(smallModel(), { x: [[1, 2, 3]] })).rejects.toMatchObject({
      code: "BATCH_SIZE",
      message: expect.stringContaining("lists and typed arrays become one by hostTensor()"),
    });
  });

  test("is refused while the trainer works", async () => {
    class Asking extends Regression {
      asked: unknown;
      protected override async onTrainEpochStart(): Promise<void> {
        this.asked = await check(this, batch).catch((error: unknown) => error);
      }
    }
    await using trainer = new Asking(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: rows(1), epochs: 1 });
    expect(trainer.asked).toMatchObject({ code: "BUSY" });
  });
});

describe("fastRun", () => {
  test("says what the check finds, and goes on", async () => {
    const logger = new Lines();
    await using trainer = new Regression(quietly({ optimizer: sgd({ learningRate: 1e-9 }), quiet: false, logger }));
    const x = hostTensor(Float32Array.of(0, 128, 255, 3, 4, 5), [2, 3]);
    const y = hostTensor(Float32Array.of(1, 2, 3, 4), [2, 2]);
    await trainer.fit({
      train: [
        { x, y },
        { x, y },
        { x, y },
      ],
      fastRun: true,
    });
    expect(trainer.progress.step).toBe(2);
    expect(logger.all.filter((line) => line.includes("gets values from 0 to 255"))).toHaveLength(1);
    expect(logger.all.filter((line) => line.includes("Tensors of a step take"))).toHaveLength(1);
  });

  test("names the layer before the step fails as it would", async () => {
    const logger = new Lines();
    const bad = sequential(dense("first", 4), new Custom("cut", (x) => tf.slice(x, [0, 0], [-1, 3])), dense("last"));
    await using trainer = new Regression(quietly({ model: bad, optimizer: sgd({ learningRate: 0.1 }), logger }));
    await expect(trainer.fit({ train: [batch], fastRun: true })).rejects.toThrow();
    expect(logger.all.join("\n")).toContain("error last (Dense) failed on float32 [6, 3]");
  });
});
