import { hostTensor, type HostTensor } from "@snapfit/base";
import { sgd } from "@snapfit/optim";
import { expectNoTensorLeak } from "@snapfit/test-utils";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import {
  defineAddOn,
  type AddOnBase,
  type Adds,
  type EpochMetrics,
  type EvaluationPhase,
  type Gradients,
  type LogRecord,
  type StepResult,
  type Weights,
  type Window,
} from "../src/index.js";
import {
  failureOf,
  Lines,
  maxDistance,
  plain,
  quietly,
  Regression,
  rows,
  smallModel,
  squaredError,
  type Rows,
} from "./support/regression.js";

const trainerOf = (options = {}) => new Regression(quietly({ optimizer: sgd({ learningRate: 0.1 }), ...options }));

describe("modelWeights and setModelWeights", () => {
  test("hand out and take copies, by path", async () => {
    await using trainer = trainerOf();
    await trainer.ready();
    const weights = await trainer.modelWeights();
    expect(Object.keys(weights)).toEqual(["hidden.kernel", "hidden.bias", "head.kernel", "head.bias"]);
    const before = plain(weights);
    weights["head.bias"]!.data.fill(7); // the caller's own array
    expect(plain(await trainer.modelWeights())).toEqual(before);
    expect(await trainer.setModelWeights(weights)).toEqual({ missing: [], unexpected: [], different: [] });
    weights["head.bias"]!.data.fill(9);
    expect(plain(await trainer.modelWeights())["head.bias"]).toEqual([7, 7]);
  });

  const wrong = async (weights: Weights): Promise<Weights> => {
    const { "hidden.bias": _, ...rest } = weights;
    return {
      ...rest,
      "head.kernel": hostTensor(new Float32Array(5 * 3), [5, 3]),
      "hidden.kernel": hostTensor(new Int32Array(15), [3, 5]) as HostTensor,
      "head.bias": hostTensor(Float32Array.of(1, 2), [2]),
      "tail.kernel": hostTensor(new Float32Array(2), [2]),
      "tail.bias": hostTensor(new Float32Array(2), [2]),
    };
  };

  test("a mismatch names every missing, unexpected and different parameter, and changes nothing", async () => {
    await using trainer = trainerOf();
    await trainer.ready();
    const before = plain(await trainer.modelWeights());
    await expect(trainer.setModelWeights(await wrong(await trainer.modelWeights()))).rejects.toMatchObject({
      code: "WEIGHTS_MISMATCH",
      message:
        "The weights do not fit the model; missing: hidden.bias; unexpected: tail.kernel, tail.bias; different: hidden.kernel is float32 [3, 5], given int32 [3, 5]; head.kernel is float32 [5, 2], given float32 [5, 3]. " +
        "Every parameter must be there with its dtype and shape. Build the same model, or pass { strict: false } to take what fits.",
    });
    expect(plain(await trainer.modelWeights())).toEqual(before);
  });

  test("with strict: false what fits is taken and the rest returned", async () => {
    await using trainer = trainerOf();
    await trainer.ready();
    const before = plain(await trainer.modelWeights());
    expect(await trainer.setModelWeights(await wrong(await trainer.modelWeights()), { strict: false })).toEqual({
      missing: ["hidden.bias"],
      unexpected: ["tail.kernel", "tail.bias"],
      different: ["hidden.kernel is float32 [3, 5], given int32 [3, 5]", "head.kernel is float32 [5, 2], given float32 [5, 3]"],
    });
    expect(plain(await trainer.modelWeights())).toEqual({ ...before, "head.bias": [1, 2] });
  });

  test("what is no host tensor, or holds too few values, is different too, and nothing is changed", async () => {
    await using trainer = trainerOf();
    await trainer.ready();
    const weights = await trainer.modelWeights();
    const broken = {
      ...weights,
      "hidden.kernel": { dtype: "float32", shape: [3, 5], data: new Float32Array(3) } as HostTensor,
      "head.bias": [1, 2] as never,
    };
    const zeroed = { ...broken, "hidden.bias": hostTensor(Float32Array.of(9, 9, 9, 9, 9), [5]) };
    await expect(trainer.setModelWeights(zeroed)).rejects.toThrow(
      /different: hidden\.kernel is given as 3 values for \[3, 5\]; head\.bias is given as no host tensor/,
    );
    expect(plain(await trainer.modelWeights())).toEqual(plain(weights));
    await trainer.setModelWeights(zeroed, { strict: false });
    expect(plain(await trainer.modelWeights())).toEqual({ ...plain(weights), "hidden.bias": [9, 9, 9, 9, 9] });
  });

  test("training goes on from weights that were set, and says so", async () => {
    const logger = new Lines();
    await using trainer = trainerOf({ logger, quiet: false });
    await trainer.fit({ train: rows(2), epochs: 1 });
    const weights = await trainer.modelWeights();
    await trainer.fit({ train: rows(2, 4, 2), epochs: 1 });
    const twice = plain(await trainer.modelWeights());
    await trainer.setModelWeights(weights);
    await trainer.fit({ train: rows(2, 4, 2), epochs: 1 });
    expect(plain(await trainer.modelWeights())).toEqual(twice);
    expect(logger.all).toContain("info Fit 3 starts from the weights that were set (step 4).");
  });
});

/** Validates on half the weights. */
class Halved extends Regression {
  fails = false;
  nests = false;
  seen: Record<string, number[]> | undefined;
  protected override async runEvaluation(phase: EvaluationPhase): Promise<EpochMetrics> {
    const halves = await this.halves();
    return this.withWeights(halves, async () => {
      if (this.nests) await this.withWeights(halves, () => undefined);
      const metrics = await super.runEvaluation(phase);
      this.seen = plain(await this.modelWeights());
      if (this.fails) throw new Error("in the swap");
      return metrics;
    });
  }
  async halves(): Promise<Weights> {
    return Object.fromEntries(
      Object.entries(await this.modelWeights()).map(([path, { shape, data }]) => [
        path,
        hostTensor(
          Float32Array.from(data, (value) => value / 2),
          shape,
        ),
      ]),
    );
  }
}

describe("withWeights", () => {
  const make = () => new Halved(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));

  test("runs with other weights; what is asked for or saved meanwhile are the raw ones", async () => {
    await using trainer = make();
    await trainer.ready();
    const raw = await trainer.modelWeights();
    const { loss } = await trainer.validate(rows(1));
    expect(trainer.seen).toEqual(plain(raw));
    expect(plain(await trainer.modelWeights())).toEqual(plain(raw));
    await using reference = trainerOf();
    await reference.ready();
    await reference.setModelWeights(await trainer.halves());
    expect((await reference.validate(rows(1)))["loss"]).toBe(loss);
  });

  test("puts the raw weights back after a throw, and leaves nothing behind", async () => {
    await using trainer = make();
    await trainer.fit({ train: rows(2), epochs: 1 });
    const raw = plain(await trainer.modelWeights());
    trainer.fails = true;
    await expectNoTensorLeak(() => expect(trainer.validate(rows(2))).rejects.toThrow("in the swap"));
    expect(plain(await trainer.modelWeights())).toEqual(raw);
    trainer.fails = false;
    await trainer.fit({ train: rows(1), validation: rows(1), epochs: 1 });
    expect(plain(await trainer.modelWeights())).not.toEqual(raw);
  });

  test("does not nest: the error says so, and the weights are back", async () => {
    await using trainer = make();
    await trainer.ready();
    const raw = plain(await trainer.modelWeights());
    trainer.nests = true;
    await expect(trainer.validate(rows(1))).rejects.toMatchObject({ code: "WEIGHTS_SWAPPED" });
    trainer.nests = false;
    expect(plain(await trainer.modelWeights())).toEqual(raw);
    await trainer.validate(rows(1));
  });
});

/** Sharpness-aware minimisation in its simplest form: a second pass at weights moved along the first gradient. */
const ToySam = defineAddOn({
  name: "ToySam",
  apply(Base: AddOnBase): Adds {
    abstract class ToySamTrainer extends Base {
      protected override async computeGradients(window: Window): Promise<Gradients | undefined> {
        const first = await super.computeGradients(window);
        if (first === undefined) return undefined;
        const raw = await this.modelWeights();
        const norm = tf.tidy(() => tf.sqrt(tf.addN([...first.values()].map((gradient) => gradient.square().sum()))).dataSync()[0]!);
        const moved = Object.fromEntries(
          Object.entries(raw).map(([path, { shape, data }]) => {
            const gradient = first.get(path)!.dataSync();
            return [
              path,
              hostTensor(
                Float32Array.from(data, (value, i) => value + (0.05 * gradient[i]!) / norm),
                shape,
              ),
            ];
          }),
        );
        return this.withWeights(moved, () => this.withSnapshot(() => super.computeGradients(window)));
      }
    }
    return ToySamTrainer;
  },
});

describe("a computation that is repeated", () => {
  class Sam extends Regression.addOn(ToySam) {
    readonly records: LogRecord[] = [];
    readonly losses: number[] = [];
    protected override async setup(): Promise<void> {
      await super.setup();
      this.addLogSink({ name: "records", write: (record) => void this.records.push(record) });
    }
    protected override trainingStep(batch: Rows): StepResult {
      const { loss } = super.trainingStep(batch, 0, "");
      const value = loss!.dataSync()[0]!;
      this.losses.push(value);
      this.log("value", value);
      this.log("tensor", loss!);
      this.logText("text", value.toFixed(6));
      this.logHistogram("histogram", loss!.reshape([1]));
      return { loss: loss!, outputs: { loss: loss!.reshape([1]) } };
    }
    protected override configureMetrics() {
      let sum = 0;
      let count = 0;
      const record = {
        direction: "min" as const,
        update: (outputs: Record<string, HostTensor>) => void ((sum += outputs["loss"]!.data[0]!), (count += 1)),
        compute: () => ({ sum, count }),
        reset: () => void ((sum = 0), (count = 0)),
        saveState: () => ({ sum, count }),
        loadState: () => undefined,
        merge: () => undefined,
      };
      return { train: { seen: record } };
    }
  }

  test("commits counters, metrics and logs once, from its last pass", async () => {
    await using trainer = new Sam(quietly({ optimizer: sgd({ learningRate: 0.1 }), logEvery: 1, accumulate: 2 }));
    await trainer.fit({ train: rows(4), epochs: 1 });
    expect(trainer.losses).toHaveLength(8);
    const last = [2, 3, 6, 7].map((i) => trainer.losses[i]!);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(trainer.progress).toMatchObject({ batch: 4, step: 2, samples: 16 });
    expect(trainer.history.train["loss"]![0]).toBeCloseTo(mean(last), 6);
    expect(trainer.history.train["seen/count"]).toEqual([4]);
    const train = trainer.records
      .filter((record) => record.kind === "scalars" && record.key === "train")
      .map((record) => (record as { values: Record<string, number> }).values);
    expect(train.map((values) => values["train/value"])).toEqual([
      expect.closeTo(mean(last.slice(0, 2)), 6),
      expect.closeTo(mean(last.slice(2)), 6),
    ]);
    expect(train.map((values) => values["train/tensor"])).toEqual([
      expect.closeTo(mean(last.slice(0, 2)), 6),
      expect.closeTo(mean(last.slice(2)), 6),
    ]);
    expect(trainer.records.flatMap((record) => (record.kind === "text" ? [record.text] : []))).toEqual(
      last.map((value) => value.toFixed(6)),
    );
    expect(trainer.records.filter(({ kind }) => kind === "histogram")).toHaveLength(4);
  });

  test("leaves no tensor behind", async () => {
    await using trainer = new Sam(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: rows(1), epochs: 1 });
    expect(await expectNoTensorLeak(() => trainer.fit({ train: rows(4), epochs: 1 }))).toMatchObject({ interrupted: false });
  });

  test("equals the formula: w - rate * gradient at w + rho g / |g|", async () => {
    await using trainer = new Sam(quietly({ optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: rows(3), epochs: 1 });
    const model = smallModel();
    const variables = model.weights.map((weight) => weight.read() as tf.Variable);
    for (const { x, y } of rows(3)) {
      tf.tidy(() => {
        const gradients = () => {
          const { grads } = tf.variableGrads(
            () => squaredError(model.apply(tf.tensor(x.data, [4, 3])) as tf.Tensor, tf.tensor(y.data, [4, 2])),
            variables,
          );
          return variables.map((variable) => grads[variable.name]!);
        };
        const raw = variables.map((variable) => variable.clone());
        const first = gradients();
        const norm = tf.sqrt(tf.addN(first.map((gradient) => gradient.square().sum())));
        variables.forEach((variable, i) => variable.assign(variable.add(first[i]!.mul(0.05).div(norm))));
        const second = gradients();
        variables.forEach((variable, i) => variable.assign(raw[i]!.sub(second[i]!.mul(0.1))));
      });
    }
    Object.values(plain(await trainer.modelWeights())).forEach((values, i) =>
      expect(maxDistance(values, variables[i]!.dataSync())).toBeLessThan(1e-5),
    );
  });
});

test("a dropped model's trainer says what is missing before it is ready", async () => {
  const trainer = trainerOf();
  expect(() => trainer.model).toThrowError(expect.objectContaining({ code: "NOT_READY" }));
  expect(() => trainer.optimizer).toThrowError(expect.objectContaining({ code: "NOT_READY" }));
  expect(await failureOf(trainer.useBest())).toMatchObject({ code: "NO_BEST" });
  await trainer.close();
});
