import type { NativeBackend } from "@snapfit/native";
import "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { RandomStream } from "@snapfit/base";
import { beforeAll, describe, expect, it } from "vitest";
// TensorFlow.js leaves behind what the tape of a failed step saved, on every backend; the trainer runs its steps like this.
import { runSection, SectionRandomness } from "../../core/src/sync-section.js";

const numSteps = 2000;
const random = RandomStream.fromSeed(1);
const section = new SectionRandomness(
  () => random,
  () => random,
  0,
  1,
);

beforeAll(async () => {
  await tf.setBackend("native");
});

/** What TensorFlow.js and the engine count. */
function held(): Record<string, number> {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  const backend = tf.backend() as NativeBackend;
  return { numTensors, numDataBuffers, numBytes, numDataIds: backend.numDataIds(), numBytesInPool: backend.memory().numBytesInPool };
}

const initializer = (seed: number) => tf.initializers.glorotUniform({ seed });
const models: Readonly<Record<string, () => tf.LayersModel>> = {
  "a multilayer perceptron": () =>
    tf.sequential({
      layers: [
        tf.layers.dense({ units: 16, activation: "relu", inputShape: [48], kernelInitializer: initializer(1) }),
        tf.layers.dropout({ rate: 0.2, seed: 3 }),
        tf.layers.dense({ units: 4, kernelInitializer: initializer(2) }),
      ],
    }),
  "a convolutional network": () =>
    tf.sequential({
      layers: [
        tf.layers.reshape({ targetShape: [4, 4, 3], inputShape: [48] }),
        tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", activation: "relu", kernelInitializer: initializer(1) }),
        tf.layers.batchNormalization(),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 4, kernelInitializer: initializer(2) }),
      ],
    }),
};

/** A step on a batch of a size that changes; the loss of each 10th fails after its forward pass. */
function stepOf(model: tf.LayersModel, optimizer: tf.Optimizer, index: number): number {
  const size = 3 + (index % 5);
  return tf.tidy(() => {
    const x = tf.randomUniform([size, 48], -1, 1, "float32", index);
    const y = tf.oneHot(tf.range(0, size, 1, "int32").mod(tf.scalar(4, "int32")), 4);
    const loss = () => {
      const value = tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar;
      if (index % 10 === 9) throw new Error("the loss fails");
      if (index % 10 === 8) value.add(tf.zeros([7, 13])).reshape([5, 5]);
      return value;
    };
    return optimizer.minimize(loss, true)!.dataSync()[0]!;
  });
}

describe(`${numSteps} steps of training`, () => {
  it.each(Object.entries(models))("hold what 20 hold, steps that fail in their loss included: %s", (_, make) => {
    const before = held();
    const [model, optimizer] = [make(), tf.train.adam(0.01)];
    let [numFailures, after20, rss] = [0, {}, 0];
    for (let index = 0; index < numSteps; index++) {
      try {
        expect(runSection(section, () => stepOf(model, optimizer, index))).toBeLessThan(10);
      } catch (error) {
        expect((error as Error).message).toMatch(/the loss fails|Size\(91\) must match/);
        numFailures++;
      }
      if (index === 19) after20 = held();
      if (index === numSteps / 2) rss = process.memoryUsage().rss;
    }
    expect(numFailures).toBe(numSteps / 5);
    expect(held()).toEqual(after20);
    const backend = tf.backend() as NativeBackend;
    expect(backend.memory().numBytesIdle).toBeLessThan(4 * 2 ** 20);
    // The garbage collector lets JavaScript's heap grow by itself.
    expect(process.memoryUsage().rss - rss).toBeLessThan(48 * 2 ** 20);
    model.dispose();
    optimizer.dispose();
    expect(held()).toEqual(before);
  });
});

describe("tf.memory()", () => {
  it("counts bytes exactly and adds the pool's", () => {
    const before = tf.memory() as tf.MemoryInfo & { numBytesInPool: number; numBytesIdle: number };
    const tensors = [tf.ones([10, 10]), tf.ones([7], "int32"), tf.tensor1d([true, false, true])];
    const alias = tensors[0]!.reshape([100]);
    const after = tf.memory() as typeof before;
    expect(after.unreliable ?? false).toBe(false);
    // TensorFlow.js counts what two tensors share for each of them.
    expect(after.numBytes - before.numBytes).toBe(2 * 400 + 28 + 3);
    expect(after.numBytesInPool - before.numBytesInPool).toBe(400 + 28 + 3);
    expect(after.numTensors - before.numTensors).toBe(4);
    expect(after.numDataBuffers - before.numDataBuffers).toBe(3);
    tf.dispose([...tensors, alias]);
    expect(tf.memory()).toMatchObject({ numBytes: before.numBytes, numBytesInPool: before.numBytesInPool });
  });

  it("of complex numbers and strings comes back to what it was", () => {
    const before = held();
    const z = tf.complex([1, 2], [3, 4]);
    const shifted = tf.tidy(() => tf.add(z.clone(), tf.fft(z)));
    const words = tf.tensor2d(["a", "b"], [2, 1]);
    expect(tf.tidy(() => Array.from(tf.real(shifted).dataSync()))).toEqual([4, 1]);
    tf.dispose([z, shifted, words]);
    expect(held()).toEqual(before);
  });
});
