import { hostTensor, type StateRecord } from "@snapfit/base";
import { adam, sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { Trainer, type ClipOptions, type Gradients, type ParameterSource, type StepResult } from "../src/index.js";
import { Lines, maxDifference, plain, quietly, Regression, rows, smallModel } from "./support/regression.js";

/** Two vectors whose gradients are the batch's own values. */
class Vectors implements ParameterSource {
  readonly a = tf.variable(tf.tensor1d([1, 2, 3]));
  readonly b = tf.variable(tf.tensor1d([4, 5]));
  parameters(): Map<string, tf.Variable> {
    return new Map([
      ["a", this.a],
      ["b", this.b],
    ]);
  }
}

interface Wanted {
  a: tf.Tensor2D;
  b: tf.Tensor2D;
}

/** The gradient of each vector is what the batch says. */
class Directed extends Trainer<Wanted> {
  protected override trainingStep({ a, b }: Wanted, _index: number): StepResult {
    const model = this.model as Vectors;
    return {
      loss: model.a
        .mul(a.squeeze([0]))
        .sum()
        .add(model.b.mul(b.squeeze([0])).sum()),
    };
  }
}

const wanted = (a: readonly number[], b: readonly number[]) => ({
  a: hostTensor(Float32Array.from(a), [1, 3]),
  b: hostTensor(Float32Array.from(b), [1, 2]),
});

/** Weights after one step of rate 1, from [1, 2, 3] and [4, 5]. */
async function stepOf(
  gradient: { a: number[]; b: number[] },
  clip?: ClipOptions,
  logger = new Lines(),
): Promise<{ a: number[]; b: number[] }> {
  await using trainer = new Directed(
    quietly({ model: () => new Vectors(), optimizer: sgd({ learningRate: 1 }), ...(clip && { clip }), logger }),
  );
  await trainer.fit({ train: [wanted(gradient.a, gradient.b)], epochs: 1 });
  const { a, b } = plain(await trainer.modelWeights()) as { a: number[]; b: number[] };
  return { a: a.map((value, i) => i + 1 - value), b: b.map((value, i) => i + 4 - value) };
}

describe("clip", () => {
  const gradient = { a: [3, -4, 0], b: [0, 12] }; // norm 13

  test("norm scales all gradients by maxNorm / (norm + 1e-6), as PyTorch's clip_grad_norm_ does", async () => {
    const { a, b } = await stepOf(gradient, { norm: 2.6 });
    const scale = 2.6 / (13 + 1e-6);
    [3 * scale, -4 * scale, 0].forEach((value, i) => expect(a[i]).toBeCloseTo(value, 6));
    [0, 12 * scale].forEach((value, i) => expect(b[i]).toBeCloseTo(value, 6));
  });

  test("a norm that is not exceeded changes no bit", async () => {
    expect(await stepOf(gradient, { norm: 13.1 })).toEqual(await stepOf(gradient));
    expect(await stepOf(gradient)).toEqual(gradient);
  });

  test("value limits each value to [-value, value]", async () => {
    expect(await stepOf(gradient, { value: 3.5 })).toEqual({ a: [3, -3.5, 0], b: [0, 3.5] });
  });

  test("norm comes before value", async () => {
    const { a, b } = await stepOf(gradient, { norm: 6.5, value: 1.75 }); // halved, then limited; the other way round 12 and -4 would become equal
    [1.5, -1.75, 0].forEach((value, i) => expect(a[i]).toBeCloseTo(value, 6));
    [0, 1.75].forEach((value, i) => expect(b[i]).toBeCloseTo(value, 6));
  });

  test("a large norm is said once an epoch, with two decimals, whichever limit is set", async () => {
    for (const clip of [{ norm: 1 }, { value: 1 }]) {
      const logger = new Lines();
      await using trainer = new Directed(quietly({ model: () => new Vectors(), optimizer: sgd({ learningRate: 1e-3 }), clip, logger }));
      const large = wanted([0, 12.34, 0], [0, 0]);
      await trainer.fit({ train: [wanted([1, 0, 0], [0, 0]), large, large, large], epochs: 2 });
      expect(logger.loud).toEqual(["warning Large gradient norm: 12.34", "warning Large gradient norm: 12.34"]);
    }
  });

  test("a norm of warnAbove or less is not said", async () => {
    const logger = new Lines();
    await stepOf({ a: [10, 0, 0], b: [0, 0] }, { norm: 1 }, logger);
    await stepOf({ a: [12, 0, 0], b: [0, 0] }, { norm: 1, warnAbove: 12 }, logger);
    expect(logger.loud).toEqual([]);
  });

  test("acts on the sum of a window, not on each batch", async () => {
    await using trainer = new Directed(
      quietly({ model: () => new Vectors(), optimizer: sgd({ learningRate: 1 }), clip: { norm: 1 }, accumulate: 2 }),
    );
    await trainer.fit({ train: [wanted([8, 0, 0], [0, 0]), wanted([-8, 0, 0.2], [0, 0])], epochs: 1 }); // the mean is [0, 0, 0.1]
    const { a } = plain(await trainer.modelWeights()) as { a: number[] };
    [1, 2, 2.9].forEach((value, i) => expect(a[i]).toBeCloseTo(value, 6));
  });
});

describe("a gradient that is not there", () => {
  /** Uses a parameter in every other step only. */
  class EveryOther extends Directed {
    protected override trainingStep({ a, b }: Wanted, index: number): StepResult {
      const model = this.model as Vectors;
      const first = model.a.mul(a.squeeze([0])).sum();
      return { loss: index % 2 === 0 ? first.add<tf.Tensor>(model.b.mul(b.squeeze([0])).sum()) : first };
    }
  }
  const batches = [wanted([1, 2, 3], [4, 5]), wanted([3, 2, 1], [0, 0]), wanted([1, 1, 1], [-1, 2])];

  test("leaves the parameter and its slots as they are", async () => {
    await using trainer = new EveryOther(quietly({ model: () => new Vectors(), optimizer: adam({ learningRate: 0.1 }) }));
    await trainer.fit({ train: batches, epochs: 1 });
    await using reference = new Directed(quietly({ model: () => new Vectors(), optimizer: adam({ learningRate: 0.1 }) }));
    await reference.fit({ train: [batches[0]!, batches[2]!], epochs: 1 });
    const slots = async (one: Trainer<Wanted>): Promise<StateRecord> => (await one.optimizer!.saveState()) as StateRecord;
    expect(plain(await trainer.modelWeights())["b"]).toEqual(plain(await reference.modelWeights())["b"]);
    expect(JSON.stringify(parameterSlots(await slots(trainer), "b"))).toBe(JSON.stringify(parameterSlots(await slots(reference), "b")));
  });

  test("is zeros for everything up to clipGradients, and absent for the optimizer", async () => {
    const seen: string[] = [];
    class Watched extends EveryOther {
      protected override clipGradients(gradients: Gradients): Gradients {
        seen.push([...gradients].map(([path, gradient]) => `${path} ${gradient.dataSync().join(" ")}`).join(", "));
        return super.clipGradients(gradients);
      }
      protected override applyGradients(gradients: Gradients): void {
        seen.push([...gradients.keys()].join());
        super.applyGradients(gradients);
      }
    }
    await using trainer = new Watched(quietly({ model: () => new Vectors(), optimizer: sgd({ learningRate: 0.1 }) }));
    await trainer.fit({ train: batches, epochs: 1, limitTrainBatches: 2 });
    expect(seen).toEqual(["a 1 2 3, b 4 5", "a,b", "a 3 2 1, b 0 0", "a"]);
  });

  test("in some batches of a window only counts as zeros there", async () => {
    await using trainer = new EveryOther(quietly({ model: () => new Vectors(), optimizer: sgd({ learningRate: 1 }), accumulate: 2 }));
    await trainer.fit({ train: batches, epochs: 1, limitTrainBatches: 2 });
    expect(plain(await trainer.modelWeights())).toEqual({ a: [-1, 0, 1], b: [2, 2.5] });
  });

  test("of every parameter is no step: a loss that depends on none leaves them all", async () => {
    class Constant extends Directed {
      protected override trainingStep({ a }: Wanted): StepResult {
        return { loss: a.sum() };
      }
    }
    await using trainer = new Constant(quietly({ model: () => new Vectors(), optimizer: adam({ learningRate: 1 }) }));
    await trainer.fit({ train: batches, epochs: 1 });
    expect(plain(await trainer.modelWeights())).toEqual({ a: [1, 2, 3], b: [4, 5] });
    expect(trainer.history.train["loss"]).toEqual([5]); // (6 + 6 + 3) / 3
  });
});

test("freezing a layer changes no slot of another, and thawing it goes on from its own", async () => {
  const run = async (frozenEpoch: boolean) => {
    const model = smallModel();
    await using trainer = new Regression(quietly({ model, optimizer: adam({ learningRate: 0.01 }) }));
    await trainer.fit({ train: rows(3), epochs: 1 });
    const head = model.getLayer("head");
    const before = { weights: await trainer.modelWeights(), slots: await trainer.optimizer!.saveState() };
    if (frozenEpoch) {
      head.trainable = false;
      await trainer.fit({ train: rows(3), epochs: 1 });
      head.trainable = true;
    }
    return {
      before,
      after: { weights: await trainer.modelWeights(), slots: await trainer.optimizer!.saveState() },
      again: trainer.progress.step,
    };
  };
  const { before, after } = await run(true);
  for (const path of ["head.kernel", "head.bias"]) {
    expect(plain(after.weights)[path]).toEqual(plain(before.weights)[path]);
    expect(JSON.stringify(parameterSlots(after.slots, path))).toBe(JSON.stringify(parameterSlots(before.slots, path)));
  }
  expect(plain(after.weights)["hidden.kernel"]).not.toEqual(plain(before.weights)["hidden.kernel"]);
  expect(plain((await run(false)).before.weights)).toEqual(plain(before.weights));
});

describe("gradients that share their tensor with something else", () => {
  /** The gradient of both inputs is one tensor. */
  const sumOfBoth = (returned: (dy: tf.Tensor) => tf.Tensor) =>
    tf.customGrad((x, y) => ({
      value: tf.add(x as tf.Tensor, y as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => {
        const one = returned(dy);
        return [one, one];
      },
    }));

  class Pair implements ParameterSource {
    readonly a = tf.variable(tf.tensor1d([1, 2]));
    readonly b = tf.variable(tf.tensor1d([3, 4]));
    parameters(): Map<string, tf.Variable> {
      return new Map([
        ["a", this.a],
        ["b", this.b],
      ]);
    }
  }
  const batch = () => ({ x: tf.tensor2d([[1, 2]]), y: tf.tensor2d([[0, 0]]) });

  test("one tensor for two parameters serves both and is released once", async () => {
    class Twins extends Regression {
      protected override trainingStep(): StepResult {
        const { a, b } = this.model as Pair;
        return { loss: sumOfBoth((dy) => dy.mul(2))(a, b).sum() };
      }
    }
    await using trainer = new Twins(
      quietly({ model: () => new Pair(), optimizer: sgd({ learningRate: 0.5, momentum: 0.9 }), clip: { norm: 1e9, value: 1e9 } }),
    );
    await trainer.fit({ train: rows(1), epochs: 1 });
    const before = tf.memory().numTensors;
    await trainer.fit({ train: rows(2), epochs: 1 });
    expect(tf.memory().numTensors).toBe(before);
    // Steps of rate 0.5 and gradient 2 with momentum 0.9: 1 + 1.9 + 2.71
    const { a, b } = plain(await trainer.modelWeights()) as { a: number[]; b: number[] };
    [1 - 5.61, 2 - 5.61].forEach((value, i) => expect(a[i]).toBeCloseTo(value, 5));
    [3 - 5.61, 4 - 5.61].forEach((value, i) => expect(b[i]).toBeCloseTo(value, 5));
  });

  test("a gradient that is a tensor of the loader's leaves that tensor alive", async () => {
    const yielded = batch();
    const direction = yielded.x.reshape([2]);
    class Handed extends Regression {
      protected override trainingStep(): StepResult {
        const { a, b } = this.model as Pair;
        return { loss: sumOfBoth(() => direction)(a, b).sum() };
      }
    }
    await using trainer = new Handed(quietly({ model: () => new Pair(), optimizer: sgd({ learningRate: 1 }), accumulate: 2 }));
    await trainer.fit({ train: [yielded, yielded], epochs: 2 });
    expect(direction.isDisposed).toBe(false);
    expect(Array.from(direction.dataSync())).toEqual([1, 2]);
    expect(plain(await trainer.modelWeights())).toEqual({ a: [-3, -6], b: [-1, -4] }); // two steps of the sum of two batches;
    tf.dispose([yielded, direction] as never);
  });
});

test("a transform may return the same map, a new one, or some tensors of both; what it did not give back is released", async () => {
  class Transforms extends Regression {
    protected override reduceGradients(gradients: Gradients): Gradients {
      return new Map([...gradients].map(([path, gradient]) => [path, path === "head.bias" ? gradient.mul(2) : gradient]));
    }
    protected override unscaleGradients(gradients: Gradients): Gradients {
      return new Map([...gradients].map(([path, gradient]) => [path, gradient.div(2)]));
    }
    protected override clipGradients(gradients: Gradients): Gradients {
      return super.clipGradients(gradients);
    }
  }
  await using trainer = new Transforms(quietly({ optimizer: sgd({ learningRate: 0.2 }) }));
  await trainer.ready();
  const before = tf.memory().numTensors;
  await trainer.fit({ train: rows(2), epochs: 2 });
  expect(tf.memory().numTensors).toBe(before);
  await using halved = new Regression(
    quietly({
      optimizer: sgd({ learningRate: 0.1, groups: [{ name: "bias", match: (path: string) => path === "head.bias", learningRate: 0.2 }] }),
    }),
  );
  await halved.fit({ train: rows(2), epochs: 2 });
  expect(maxDifference(await trainer.modelWeights(), await halved.modelWeights())).toBeLessThan(1e-6);
});

test("nothing is clipped after the step: the batch's end sees gradients that are gone and weights that have moved", async () => {
  const order: string[] = [];
  class Ordered extends Directed {
    protected override clipGradients(gradients: Gradients): Gradients {
      order.push("clip");
      return super.clipGradients(gradients);
    }
    protected override applyGradients(gradients: Gradients): void {
      order.push("apply");
      super.applyGradients(gradients);
      order.push((this.model as Vectors).a.dataSync().join(" "));
    }
    protected override onOptimizerStep(): void {
      order.push("step");
    }
  }
  await using trainer = new Ordered(quietly({ model: () => new Vectors(), optimizer: sgd({ learningRate: 1 }), clip: { value: 1 } }));
  await trainer.fit({ train: [wanted([5, 0, -5], [0, 0])], epochs: 1 });
  expect(order).toEqual(["clip", "apply", "0 2 4", "step"]);
});

/** The slots of one parameter in an optimizer's state, wherever they stand. */
function parameterSlots(state: unknown, path: string): unknown[] {
  if (typeof state !== "object" || state === null || ArrayBuffer.isView(state)) return [];
  return Object.entries(state).flatMap(([key, value]) => (key === path ? [plainArrays(value)] : parameterSlots(value, path)));
}

function plainArrays(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainArrays(inner)]));
}
