import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { Trainer, type ParameterSource, type StepResult, type TrainerOptions } from "../src/index.js";
import { maxDifference, plain, quietly, Regression, rows, squaredError, type HostRows, type Rows } from "./support/regression.js";

class Any extends Trainer<unknown> {
  protected override trainingStep(): StepResult {
    return {};
  }
}

async function pathsOf(model: TrainerOptions["model"]): Promise<string[]> {
  await using trainer = new Any(quietly({ model }));
  return Object.keys((await trainer.ready(), await trainer.modelWeights()));
}

describe("paths of weights", () => {
  const cases: [string, () => tf.LayersModel, string[]][] = [
    [
      "automatic names become positions",
      () =>
        tf.sequential({
          layers: [
            tf.layers.dense({ units: 2, inputShape: [3] }),
            tf.layers.dropout({ rate: 0.1 }),
            tf.layers.batchNormalization(),
            tf.layers.dense({ units: 1, useBias: false }),
          ],
        }),
      [
        "layers.0.kernel",
        "layers.0.bias",
        "layers.2.gamma",
        "layers.2.beta",
        "layers.2.moving_mean",
        "layers.2.moving_variance",
        "layers.3.kernel",
      ],
    ],
    [
      "given names stay, also those that look almost automatic",
      () =>
        tf.sequential({
          layers: [
            tf.layers.dense({ units: 2, inputShape: [3], name: "encoder" }),
            tf.layers.dense({ units: 1, name: "dense_1" }),
            tf.layers.dense({ units: 1, name: "input" }),
          ],
        }),
      ["encoder.kernel", "encoder.bias", "dense_1.kernel", "dense_1.bias", "input.kernel", "input.bias"],
    ],
    [
      "functional models count their input layer",
      () => {
        const input = tf.input({ shape: [3] });
        return tf.model({ inputs: input, outputs: tf.layers.dense({ units: 2 }).apply(input) as tf.SymbolicTensor });
      },
      ["layers.1.kernel", "layers.1.bias"],
    ],
    [
      "nested models stand behind their own place",
      () => {
        const inner = tf.sequential({
          layers: [tf.layers.dense({ units: 4, inputShape: [3] }), tf.layers.dense({ units: 2, name: "out" })],
        });
        const named = tf.sequential({ name: "head", layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
        return tf.sequential({ layers: [inner, named] });
      },
      [
        "layers.0.layers.0.kernel",
        "layers.0.layers.0.bias",
        "layers.0.out.kernel",
        "layers.0.out.bias",
        "head.layers.0.kernel",
        "head.layers.0.bias",
      ],
    ],
    [
      "a shared layer stands once",
      () => {
        const shared = tf.layers.dense({ units: 3, name: "shared" });
        const [a, b] = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
        const joined = tf.layers.add().apply([shared.apply(a) as tf.SymbolicTensor, shared.apply(b) as tf.SymbolicTensor]);
        return tf.model({ inputs: [a, b], outputs: joined as tf.SymbolicTensor });
      },
      ["shared.kernel", "shared.bias"],
    ],
    [
      "both directions of a recurrent layer are told apart",
      () =>
        tf.sequential({
          layers: [
            tf.layers.bidirectional({
              layer: tf.layers.simpleRNN({ units: 2 }),
              mergeMode: "concat",
              inputShape: [4, 3],
            }) as tf.layers.Layer,
            tf.layers.dense({ units: 1, name: "head" }),
          ],
        }),
      [
        "layers.0.kernel",
        "layers.0.recurrent_kernel",
        "layers.0.bias",
        "layers.0.kernel_1",
        "layers.0.recurrent_kernel_1",
        "layers.0.bias_1",
        "head.kernel",
        "head.bias",
      ],
    ],
    [
      "embeddings, convolutions and recurrent layers have those of their own weights",
      () =>
        tf.sequential({
          layers: [
            tf.layers.embedding({ inputDim: 7, outputDim: 3, inputLength: 5 }),
            tf.layers.conv1d({ filters: 2, kernelSize: 2 }),
            tf.layers.gru({ units: 2, name: "gru" }),
          ],
        }),
      ["layers.0.embeddings", "layers.1.kernel", "layers.1.bias", "gru.kernel", "gru.recurrent_kernel", "gru.bias"],
    ],
  ];
  test.each(cases)("%s; built twice in one process, they are the same", async (_name, build, expected) => {
    expect(await pathsOf(build)).toEqual(expected);
    expect(await pathsOf(build())).toEqual(expected);
  });

  test("the weights of a model built twice fit into each other", async () => {
    const build = (): tf.LayersModel =>
      tf.sequential({
        layers: [tf.layers.dense({ units: 4, inputShape: [3] }), tf.layers.batchNormalization(), tf.layers.dense({ units: 2 })],
      });
    await using first = new Regression(quietly({ model: build, optimizer: sgd({ learningRate: 0.1 }), seed: 1 }));
    await using second = new Regression(quietly({ model: build, optimizer: sgd({ learningRate: 0.1 }), seed: 2 }));
    await first.fit({ train: rows(3), epochs: 1 });
    await second.ready();
    await second.setModelWeights(await first.modelWeights());
    const [a, b] = [await first.predictAll(rows(1)), await second.predictAll(rows(1))];
    expect(b).toEqual(a);
  });

  test("two weights of one path are refused", async () => {
    const inner = tf.sequential({ name: "a", layers: [tf.layers.dense({ units: 3, inputShape: [3], name: "x" })] });
    const model = tf.sequential({ layers: [inner, tf.layers.dense({ units: 2, name: "a.x" })] });
    await expect(pathsOf(model)).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringMatching(/Two weights of the model have the path "a\.x\.kernel"/),
    });
  });
});

/** y = x w + b, with a count of forward passes beside the parameters. */
class Linear implements ParameterSource {
  readonly w = tf.tidy(() => tf.variable(tf.ones([3, 2])));
  readonly b = tf.tidy(() => tf.variable(tf.zeros([2])));
  readonly count = tf.tidy(() => tf.variable(tf.scalar(0, "int32"), false));
  readonly modes: boolean[] = [];
  parameters(): Map<string, tf.Variable> {
    return new Map([
      ["w", this.w],
      ["b", this.b],
    ]);
  }
  buffers(): Map<string, tf.Variable> {
    return new Map([["count", this.count]]);
  }
  forward(x: tf.Tensor, { training }: { readonly training: boolean }): tf.Tensor {
    this.modes.push(training);
    if (training) this.count.assign(this.count.add(tf.scalar(1, "int32")));
    return x.matMul(this.w).add(this.b);
  }
}

describe("a parameter source", () => {
  test("is trained as a model of layers is; buffers belong to its weights", async () => {
    const model = new Linear();
    await using trainer = new Regression(quietly({ model, optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: rows(3), validation: rows(1), epochs: 2 });
    const dense = tf.sequential({ layers: [tf.layers.dense({ name: "d", units: 2, inputShape: [3], kernelInitializer: "ones" })] });
    await using reference = new Regression(quietly({ model: dense, optimizer: sgd({ learningRate: 0.1 }) }));
    await reference.fit({ train: rows(3), validation: rows(1), epochs: 2 });
    const { w, b, count } = await trainer.modelWeights();
    const expected = await reference.modelWeights();
    expect(maxDifference({ w: w!, b: b! }, { w: expected["d.kernel"]!, b: expected["d.bias"]! })).toBeLessThan(1e-6);
    expect(count).toMatchObject({ dtype: "int32", shape: [] });
    expect(Array.from(count!.data)).toEqual([6]);
    expect(model.modes).toEqual([true, true, true, false, true, true, true, false]);
  });

  test("leaves parameters alone that are not trainable", async () => {
    const model = new Linear();
    model.w.trainable = false;
    await using trainer = new Regression(quietly({ model, optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: rows(2), epochs: 1 });
    const weights = plain(await trainer.modelWeights());
    expect(weights["w"]).toEqual([1, 1, 1, 1, 1, 1]);
    expect(weights["b"]).not.toEqual([0, 0]);
  });

  test("without forward can be trained, but not asked for one", async () => {
    const w = tf.tidy(() => tf.variable(tf.ones([3, 2])));
    const model: ParameterSource = { parameters: () => new Map([["w", w]]) };
    class Own extends Regression {
      protected override trainingStep({ x, y }: Rows): StepResult {
        return { loss: squaredError(x.matMul(w), y) };
      }
    }
    await using trainer = new Own(quietly({ model, optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: rows(1), epochs: 1 });
    expect(trainer.progress.step).toBe(1);
    await expect(trainer.predictAll(rows(1))).rejects.toMatchObject({ code: "NO_FORWARD" });
    await expect(trainer.validate(rows(1))).rejects.toMatchObject({ code: "NO_FORWARD" });
  });

  test.each([
    [{}, /The model is an object with no members/],
    [{ layers: 1, weights: 2 }, /an object with layers, weights/],
    [Promise.resolve(), /The model is a promise/],
    ["model", /string model/],
  ])("must have parameters(): %s", async (model, message) => {
    await expect(pathsOf(model as never)).rejects.toMatchObject({ code: "MODEL_INVALID", message: expect.stringMatching(message) });
  });

  test("a factory must return the model", async () => {
    await expect(pathsOf((() => undefined) as never)).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringMatching(/returned undefined.*Add the return/),
    });
  });
});

describe("a ready model", () => {
  test("moves from cpu to wasm once, with its values", async () => {
    await tf.setBackend("cpu");
    const build = (): tf.LayersModel =>
      tf.sequential({
        layers: [
          tf.layers.dense({ units: 4, inputShape: [3], kernelInitializer: tf.initializers.glorotUniform({ seed: 4 }) }),
          tf.layers.batchNormalization(),
          tf.layers.dense({ units: 2, kernelInitializer: tf.initializers.glorotUniform({ seed: 5 }) }),
        ],
      });
    const model = build();
    const before = model.layers.flatMap((layer) => layer.getWeights().map((weight) => Array.from(weight.dataSync())));
    await using trainer = new Regression(quietly({ model, device: "wasm", optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.ready();
    expect(tf.getBackend()).toBe("wasm");
    expect(Object.values(plain(await trainer.modelWeights()))).toEqual(before);
    await trainer.fit({ train: rows(4), epochs: 2 });
    const moved = await trainer.modelWeights();
    await using onCpu = new Regression(quietly({ model: build(), optimizer: sgd({ learningRate: 0.1 }) }));
    await onCpu.fit({ train: rows(4), epochs: 2 });
    expect(maxDifference(moved, await onCpu.modelWeights())).toBeLessThan(1e-5);
  });

  test("two trainers of two optimizers may share it, one after the other", async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ name: "d", units: 2, inputShape: [3] }), tf.layers.dropout({ rate: 0.5 })] });
    await using first = new Regression(quietly({ model, optimizer: sgd({ learningRate: 0.1 }) }));
    await first.fit({ train: rows(2), epochs: 1 });
    await using second = new Regression(quietly({ model, optimizer: sgd({ learningRate: 0.1 }) }));
    await second.ready();
    expect(plain(await second.modelWeights())).toEqual(plain(await first.modelWeights()));
    await expect(second.fit({ train: rows(2), epochs: 1 })).resolves.toMatchObject({ interrupted: false });
  });
});

test("several inputs and outputs: predictions come by position", async () => {
  const [a, b] = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
  const sum = tf.layers.add().apply([a, b]) as tf.SymbolicTensor;
  const model = tf.model({ inputs: [a, b], outputs: [sum, tf.layers.multiply().apply([a, b]) as tf.SymbolicTensor] });
  class TwoOutputs extends Any {
    protected override predictStep({ x }: { x: tf.Tensor }): tf.Tensor[] {
      return this.forward<tf.Tensor[]>([x, x]);
    }
  }
  await using trainer = new TwoOutputs(quietly({ model }));
  const [batch] = rows(1, 1) as [HostRows];
  const [{ output0, output1 }] = (await trainer.predictAll([batch])) as unknown as [
    Record<string, { data: Float32Array; shape: number[] }>,
  ];
  expect(output0!.shape).toEqual([1, 3]);
  expect(Array.from(output0!.data)).toEqual(Array.from(batch.x.data, (value) => Math.fround(2 * value)));
  expect(Array.from(output1!.data)).toEqual(Array.from(batch.x.data, (value) => Math.fround(value * value)));
});
