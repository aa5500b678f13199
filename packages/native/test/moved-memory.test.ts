import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import "@snapfit/native";
import type { NativeBackend } from "@snapfit/native";

describe("the memory of moved values", () => {
  it("keeps NaN, infinity and the bits of every value", async () => {
    await tf.setBackend("native");
    const values = [NaN, -0, Infinity, -Infinity, 1e-45, 3.4e38];
    const moved = tf.tidy(() =>
      tf
        .concat([tf.reverse(tf.transpose(tf.tensor2d(values, [2, 3])), 0), tf.zeros([1, 2])])
        .slice([0, 0], [3, 2])
        .dataSync(),
    );
    expect([...moved].map((value) => (Object.is(value, -0) ? "-0" : value))).toEqual(
      [Infinity, 3.4e38, "-0", 1e-45, NaN, -Infinity].map((value) => (typeof value === "number" ? Math.fround(value) : value)),
    );
  });

  it("moves bfloat16 as it lies", async () => {
    await tf.setBackend("native");
    const backend = tf.backend() as NativeBackend;
    const bf16 = (): tf.Tensor => {
      const bits = backend.pool.take(Uint16Array, 6);
      // 1, 2, 3, -1, 0.5, NaN
      bits.set([0x3f80, 0x4000, 0x4040, 0xbf80, 0x3f00, 0x7fc0]);
      return tf.engine().makeTensorFromTensorInfo(backend.own([2, 3], "float32", bits));
    };
    const x = bf16();
    const moved = tf.tidy(() =>
      tf
        .pad(tf.concat([tf.transpose(x), tf.transpose(bf16())], 1), [
          [0, 0],
          [1, 0],
        ])
        .slice([1, 0], [2, 3]),
    );
    expect([x, moved].map((tensor) => backend.memoryOf(tensor).isBf16Only)).toEqual([true, true]);
    expect([...moved.dataSync()]).toEqual([0, 2, 0.5, 0, 3, NaN]);
    const mixed = tf.concat([x, tf.ones([1, 3])]);
    expect([...mixed.dataSync()]).toEqual([1, 2, 3, -1, 0.5, NaN, 1, 1, 1]);
  });

  it("leaves strings to the cpu backend", async () => {
    await tf.setBackend("native");
    const words = tf.tensor2d(["a", "b", "c", "d"], [2, 2], "string");
    expect(tf.concat([words.reshape([1, 4]).reshape([2, 2]), words.slice([0, 0], [1, 2])], 0).dataSync()).toEqual([
      "a",
      "b",
      "c",
      "d",
      "a",
      "b",
    ]);
  });

  it("never ties the memory of a part to that of the whole", async () => {
    await tf.setBackend("native");
    const backend = tf.backend() as NativeBackend;
    const whole = tf.tensor1d([1, 2, 3, 4]);
    const parts = [
      whole.slice(0, 4),
      ...tf.split(whole, 2),
      ...tf.unstack(whole),
      tf.pad(whole, [[0, 0]]),
      tf.tile(whole, [1]),
      tf.transpose(whole.reshape([2, 2])),
    ];
    const buffers = parts.map((part) => backend.floats(part).buffer);
    expect(new Set([backend.floats(whole).buffer, ...buffers]).size).toBe(parts.length + 1);
    expect(backend.floats(whole.reshape([2, 2]))).toBe(backend.floats(whole));
  });

  it("goes back to the pool, that of intermediate steps and of calls that fail too", async () => {
    await tf.setBackend("native");
    const { numTensors } = tf.memory();
    const used = (tf.backend() as NativeBackend).memory().numBytesInPool;
    tf.tidy(() => {
      const x = tf.ones([2, 4, 4, 3]) as tf.Tensor4D;
      tf.batchToSpaceND(
        tf.spaceToBatchND(
          x,
          [2, 2],
          [
            [2, 0],
            [0, 2],
          ],
        ),
        [2, 2],
        [
          [2, 0],
          [0, 2],
        ],
      );
      tf.gatherND(x, tf.tensor2d([[1, 3]], [1, 2], "int32"));
      const outside = tf.tensor2d([[7, 7]], [1, 2], "int32");
      expect(() => tf.gatherND(x, outside)).toThrow("Invalid indices: 7,7");
      expect(() => tf.scatterND(outside, tf.ones([1]), [3, 3])).toThrow("Invalid indices: 7,7");
      expect(() => tf.gather(x, outside.flatten())).toThrow("the index value 7 is not in [0, 1]");
    });
    expect(tf.memory().numTensors).toBe(numTensors);
    expect((tf.backend() as NativeBackend).memory().numBytesInPool).toBe(used);
  });
});
