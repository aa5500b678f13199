import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import "@snapfit/native";
import type { NativeBackend } from "@snapfit/native";

beforeAll(async () => {
  await tf.setBackend("native");
});

const backend = (): NativeBackend => tf.backend() as NativeBackend;

describe("the native backend", () => {
  it("multiplies matrices as the cpu backend does, in every combination of transposes", async () => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      const a = tf.randomNormal(transposeA ? [7, 5] : [5, 7], 0, 1, "float32", 1);
      const b = tf.randomNormal(transposeB ? [3, 7] : [7, 3], 0, 1, "float32", 2);
      const ours = await tf.matMul(a, b, transposeA, transposeB).data();
      const [left, right] = [await a.array(), await b.array()] as [number[][], number[][]];
      for (let i = 0; i < 5; i++) {
        for (let j = 0; j < 3; j++) {
          let sum = 0;
          for (let k = 0; k < 7; k++) sum += (transposeA ? left[k]![i]! : left[i]![k]!) * (transposeB ? right[j]![k]! : right[k]![j]!);
          expect(ours[i * 3 + j]).toBeCloseTo(sum, 5);
        }
      }
    }
  });

  it("keeps its tensors apart from arrays that come in and go out", async () => {
    const array = new Float32Array([1, 2, 3, 4]);
    const x = tf.tensor(array);
    array.fill(9);
    expect([...(await x.data())]).toEqual([1, 2, 3, 4]);
    (await x.data()).fill(7);
    expect([...x.dataSync()]).toEqual([1, 2, 3, 4]);
    const part = x.slice([1], [2]);
    x.dispose();
    tf.tensor([8, 8, 8, 8]);
    expect([...(await part.data())]).toEqual([2, 3]);
  });

  it("hands the memory of disposed tensors out again", () => {
    const before = backend().memory();
    const x = tf.zeros([1000, 10]);
    x.dispose();
    const y = tf.zeros([1000, 10]);
    y.dispose();
    const after = backend().memory();
    expect(after.numBytesInPool).toBe(before.numBytesInPool);
    expect(after.numBytesIdle - before.numBytesIdle).toBe(40_000);
  });
});
