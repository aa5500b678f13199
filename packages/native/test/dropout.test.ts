import { RandomStream } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { profileKernels, setThreads } from "@snapfit/native";
import { beforeAll, describe, expect, it } from "vitest";

const training = { training: true };
const apply = (layer: tf.layers.Layer, x: tf.Tensor, options: object = training): tf.Tensor => layer.apply(x, options) as tf.Tensor;

async function valuesOf(x: tf.Tensor): Promise<number[]> {
  return [...(await x.data())];
}

async function usesKernel(run: () => unknown): Promise<boolean> {
  return (await profileKernels(run)).some(({ kernel }) => kernel === "FusedDropout");
}

describe("tf.layers.dropout on native", () => {
  beforeAll(async () => {
    await tf.setBackend("native");
  });

  it("with a seed gives that seed's mask in each call, for any number of threads", async () => {
    const layer = tf.layers.dropout({ rate: 0.3, seed: 8 });
    const x = tf.ones([64, 1024]);
    const stream = RandomStream.fromSeed(8, "dropout");
    const expected = Array.from({ length: x.size }, (_, i) => ((stream.at(i) >>> 8) / 2 ** 24 < 0.3 ? 0 : Math.fround(1 / 0.7)));
    for (const threads of [1, 2, 3]) {
      setThreads(threads);
      expect(await valuesOf(apply(layer, x))).toEqual(expected);
    }
  });

  it("without a seed takes one draw of Math.random a call", async () => {
    const layer = tf.layers.dropout({ rate: 0.5 });
    const original = Math.random;
    let draws = 0;
    const withDraws = (value: number): tf.Tensor => {
      Math.random = () => (draws++, value);
      try {
        return apply(layer, tf.ones([200]));
      } finally {
        Math.random = original;
      }
    };
    const [first, again, other] = [await valuesOf(withDraws(0.25)), await valuesOf(withDraws(0.25)), await valuesOf(withDraws(0.5))];
    expect(draws).toBe(3);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([0, 2]));
  });

  it("runs the kernel in training only, once forward and once backward", async () => {
    const layer = tf.layers.dropout({ rate: 0.5, seed: 1 });
    const x = tf.ones([10]);
    expect(await valuesOf(apply(layer, x, {}))).toEqual(new Array(10).fill(1));
    let dx = x;
    const uses = await profileKernels(() => {
      dx = tf.grad((input) => apply(layer, input))(x);
    });
    expect(uses.find(({ kernel }) => kernel === "FusedDropout")).toMatchObject({ count: 2, isFallback: false });
    expect(await valuesOf(dx)).toEqual(await valuesOf(apply(layer, x)));
  });

  it("leaves noise shapes and spatial dropout to TensorFlow.js", async () => {
    const x = tf.ones([4, 5, 6]);
    for (const layer of [
      tf.layers.dropout({ rate: 0.5, noiseShape: [4, 1, 6], seed: 2 }),
      tf.layers.spatialDropout1d({ rate: 0.5, seed: 2 }),
    ]) {
      let y = x;
      expect(await usesKernel(() => (y = apply(layer, x)))).toBe(false);
      const rows = (await y.array()) as number[][][];
      for (const sample of rows) for (const row of sample) expect(row).toEqual(sample[0]);
    }
  });

  it("keeps TensorFlow.js' masks on other backends", async () => {
    const layer = tf.layers.dropout({ rate: 0.5, seed: 2 });
    await tf.setBackend("cpu");
    const x = tf.ones([50]);
    expect(await valuesOf(apply(layer, x))).toEqual(await valuesOf(tf.dropout(x, 0.5, undefined, 2)));
    await tf.setBackend("native");
  });
});
