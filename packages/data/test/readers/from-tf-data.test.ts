import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, type HostTensor } from "@snapfit/base";
import { fromTfData } from "@snapfit/data";

let numTensors: number;
beforeEach(async () => {
  await tf.setBackend("cpu");
  numTensors = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(numTensors));

async function collected<Value>(source: AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of source) all.push(value);
  return all;
}

describe("fromTfData", () => {
  it("gives batches of host tensors, in each pass, and keeps no tensor", async () => {
    const dataset = tf.data.generator(function* () {
      for (let i = 0; i < 3; i++) yield { x: [i, i + 0.5], label: i, name: `n${i}` };
    });
    const batches = fromTfData(dataset.batch(2));
    for (const _ of [1, 2]) {
      expect(await collected(batches)).toEqual([
        { x: hostTensor(Float32Array.of(0, 0.5, 1, 1.5), [2, 2]), label: hostTensor(Float32Array.of(0, 1), [2]), name: ["n0", "n1"] },
        { x: hostTensor(Float32Array.of(2, 2.5), [1, 2]), label: hostTensor(Float32Array.of(2), [1]), name: ["n2"] },
      ]);
    }
  });

  it("reads all dtypes, arrays of tensors, and values that are no tensors", async () => {
    const tensors = tf.data.array([0]).map(() => ({
      pair: [tf.tensor2d([[1, 2]], [1, 2], "int32"), tf.scalar(true, "bool")],
      cast: tf.tidy(() => tf.tensor1d([1, 0], "int32").cast("float32")),
      words: tf.tensor1d(["a", "b"]),
    }));
    expect(await collected(fromTfData(tensors))).toEqual([
      {
        pair: [hostTensor(Int32Array.of(1, 2), [1, 2]), hostTensor(Uint8Array.of(1), [], "bool")],
        cast: hostTensor(Float32Array.of(1, 0), [2]),
        words: ["a", "b"],
      },
    ]);
    expect(await collected(fromTfData(tf.data.array([{ id: 7, date: "x" }])))).toEqual([{ id: 7, date: "x" }]);
  });

  it("can be left early, and passes errors on", async () => {
    const endless = tf.data.generator(function* () {
      for (let i = 0; ; i++) yield { x: tf.scalar(i) };
    });
    for await (const { x } of fromTfData(endless)) {
      if (x.data[0] === 2) break;
    }
    const failing = tf.data.array([1]).map(() => {
      throw new Error("no");
    });
    await expect(collected(fromTfData(failing as tf.data.Dataset<tf.TensorContainer>))).rejects.toThrow("no");
    const complex = tf.data.array([1]).map(() => tf.tidy(() => ({ z: tf.complex([1], [2]) })));
    await expect(collected(fromTfData(complex))).rejects.toMatchObject({
      code: "TF_DATA",
      message: expect.stringContaining("complex64 [1]") as string,
    });
  });

  it("carries ranks in its types", () => {
    const dataset = tf.data.array([0]).map(() => ({ images: tf.zeros([1, 2, 3, 4]) as tf.Tensor4D, id: 3 }));
    const batches = fromTfData(dataset as tf.data.Dataset<{ images: tf.Tensor4D; id: number }>);
    expectTypeOf(batches).toEqualTypeOf<AsyncIterable<{ readonly images: HostTensor<4>; readonly id: number }>>();
  });
});
