import { NativeBackend } from "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { beforeEach, describe, expect, it } from "vitest";

const backend = (): NativeBackend => tf.backend() as NativeBackend;
const code = (code: string, message: RegExp) => expect.objectContaining({ code, message: expect.stringMatching(message) });

beforeEach(async () => {
  await tf.setBackend("native");
});

describe("memory that cannot be had", () => {
  it("is an error that says what was asked for; nothing stays taken, and the next operation works", () => {
    const [numTensors, used] = [tf.memory().numTensors, backend().memory().numBytesInPool];
    // 2 ** 47 bytes: more than a process can address.
    expect(() => tf.fill([2 ** 23, 2 ** 22], 1)).toThrow(
      code("NATIVE_OUT_OF_MEMORY", /no memory for a tensor of 134217728\.0 MiB, beside .* in use\. Use/),
    );
    tf.tidy(() => {
      const column = tf.ones([2 ** 21, 1]);
      expect(() => column.matMul(column, false, true)).toThrow(code("NATIVE_OUT_OF_MEMORY", /no memory/));
      // Above 2 ** 31 elements most kernels are those of the cpu backend.
      expect(() => column.add(column.reshape([1, -1]))).toThrow(/no memory|Invalid typed array length/);
    });
    // TensorFlow.js makes these itself.
    expect(() => tf.zeros([2 ** 33])).toThrow(/Invalid typed array length|Array buffer allocation failed/);
    expect(tf.tidy(() => tf.fill([3], 2).square().arraySync())).toEqual([4, 4, 4]);
    expect([tf.memory().numTensors, backend().memory().numBytesInPool]).toEqual([numTensors, used]);
  });

  it("does not raise what may lie idle from then on", () => {
    const { pool } = backend();
    expect(() => pool.take(Float32Array, 2 ** 45)).toThrow(code("NATIVE_OUT_OF_MEMORY", /no memory/));
    const arrays = Array.from({ length: 100 }, () => pool.take(Float32Array, 2 ** 18));
    for (const array of arrays) pool.give(array);
    expect(pool.bytes.idle).toBeLessThan(2 ** 28);
  });
});

describe("a disposed tensor", () => {
  it("may be disposed again, and its memory is given back once", () => {
    const used = backend().memory().numBytesInPool;
    const x = tf.ones([50]);
    const alias = x.reshape([5, 10]);
    x.dispose();
    x.dispose();
    expect(backend().memory().numBytesInPool).toBe(used + 200);
    expect(alias.sum().arraySync()).toBe(50);
    alias.dispose();
    alias.dispose();
    expect(backend().disposeData(alias.dataId)).toBe(true);
    const [first, second] = [tf.fill([50], 1), tf.fill([50], 2)];
    expect([first, second].map((tensor) => tensor.sum().arraySync())).toEqual([50, 100]);
    tf.dispose([first, second]);
  });

  it("is named by the kernel that gets it", () => {
    const [x, y] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
    const image = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
    for (const tensor of [x, image]) tensor.dispose();
    expect(() => x.dataSync()).toThrow("Tensor is disposed.");
    expect(() => tf.add(y, x)).toThrow(code("TENSOR_DISPOSED", /^Add got the tensor "b", float32 \[2\], after it was disposed\. Keep/));
    expect(() => tf.relu(x)).toThrow(code("TENSOR_DISPOSED", /^Relu got the tensor "x"/));
    expect(() => tf.reshape(x, [2, 1])).toThrow(code("TENSOR_DISPOSED", /^Reshape got/));
    expect(() => tf.cumprod(x)).toThrow(code("TENSOR_DISPOSED", /^Cumprod got/));
    expect(() => tf.concat([y, x])).toThrow(code("TENSOR_DISPOSED", /^Concat got the tensor "1"/));
    expect(() => tf.maxPool(image, 2, 2, "valid")).toThrow(code("TENSOR_DISPOSED", /^MaxPool got/));
    expect(() => tf.conv2d(image, tf.ones([2, 2, 1, 1]) as tf.Tensor4D, 1, "valid")).toThrow(
      code("TENSOR_DISPOSED", /^(Fused)?Conv2D got/),
    );
    expect(tf.add(y, y).arraySync()).toEqual([6, 8]);
  });
});

describe("a backend that was removed", () => {
  it("can be made anew; tensors of the old one move over with their values", async () => {
    const old = backend();
    const used = old.memory().numBytesInPool;
    const [x, flags, words] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([true, false, true]), tf.tensor1d(["a", "b"])];
    tf.removeBackend("native");
    await expect(async () => tf.setBackend("native")).rejects.toThrow("Backend name 'native' not found in registry");
    tf.registerBackend("native", () => new NativeBackend(), 4);
    await tf.setBackend("native");
    expect(backend()).not.toBe(old);
    expect([x.square().arraySync(), flags.logicalNot().arraySync(), words.arraySync()]).toEqual([
      [1, 4, 9],
      [0, 1, 0],
      ["a", "b"],
    ]);
    expect(backend().memory().numBytesInPool).toBe(12 + 12 + 3 + 3);
    expect(old.memory().numBytesInPool).toBe(used);
    tf.dispose([x, flags, words]);
  });
});

describe("the caller's arrays", () => {
  it("are copied, also from the middle of a buffer, and results may be written to", async () => {
    const buffer = new Float32Array([9, 1, 2, 3, 4, 9]);
    const x = tf.tensor2d(buffer.subarray(1, 5), [2, 2]);
    const whole = new Int32Array([7, 8, 9]).subarray(1);
    const integers = tf.tensor1d(whole);
    const bits = tf.tensor1d(new Uint8Array([1, 1, 0, 1]).subarray(2), "bool");
    buffer.fill(-1);
    whole.fill(-1);
    expect([x.matMul(x).arraySync(), integers.arraySync(), bits.arraySync()]).toEqual([
      [
        [7, 10],
        [15, 22],
      ],
      [8, 9],
      [0, 1],
    ]);
    for (const tensor of [x, integers, bits]) {
      const expected = Array.from(tensor.dataSync());
      for (const values of [tensor.dataSync(), await tensor.data(), tensor.bufferSync().values, (await tensor.buffer()).values])
        (values as Float32Array).fill(0);
      expect(Array.from(tensor.dataSync())).toEqual(expected);
    }
    tf.dispose([x, integers, bits]);
  });
});
