import { hostTensor } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { expectAllClose, expectNoTensorLeak, expectSameBits } from "../src/index.js";
import "./vitest-matchers.js";

test("numbers in any form are compared", () => {
  expect(tf.tensor2d([[1, 2]])).toBeAllClose([[1, 2]]);
  expect(hostTensor(new Float32Array([1, 2]), [2])).toBeAllClose(new Float32Array([1, 2 + 1e-6]));
  expect(3).toBeAllClose(tf.scalar(3));
  expect(new Map([["w", tf.tensor1d([1])]])).toBeAllClose({ w: [1] });
  expect([NaN, Infinity, -Infinity, 0]).toBeAllClose([NaN, Infinity, -Infinity, -0]);
  expect([1]).not.toBeAllClose([11]);
});

test.each([
  [[1, 2, 3], [1, 2.5, 5], {}, "2 of 3 values are not close; the worst at [2]: 3 instead of 5 (difference 2, allowed 0.000051)."],
  [
    tf.tensor2d([
      [1, 2],
      [3, 4],
    ]),
    [
      [1, 2],
      [3, 4.5],
    ],
    { relative: 0, absolute: 0.1 },
    "1 of 4 values is not close; the worst at [1, 1]: 4 instead of 4.5 (difference 0.5, allowed 0.1).",
  ],
  [[NaN], [1], {}, "1 of 1 values is not close; the worst at [0]: NaN instead of 1 (difference NaN, allowed 0.000011)."],
  [[[1, 2]], [[1], [2]], {}, "Shapes differ: [1, 2] instead of [2, 1]."],
  [new Float32Array(2), [1], {}, "Lengths differ: 2 instead of 1 values."],
  [
    { a: { b: [1] } },
    { a: { b: [2] } },
    {},
    "1 of 1 values of a.b is not close; the worst at [0]: 1 instead of 2 (difference 1, allowed 0.000021).",
  ],
  [{ a: 1, b: 2 }, { a: 1 }, {}, 'Only the actual value has "b".'],
  [{ a: 1 }, { a: 1, c: 2 }, {}, 'Only the expected value has "c".'],
  ["text", [1], {}, "Nothing to compare: string and an array. Both must be numbers, arrays, tensors, or records of these."],
  [
    [[1], [2, 3]],
    [1],
    {},
    "Nothing to compare: an array that is not regular and an array. Both must be numbers, arrays, tensors, or records of these.",
  ],
])("%# what is not close is named: %s", (actual, expected, tolerance, message) => {
  expect(() => expectAllClose(actual, expected, tolerance)).toThrow(message);
});

test("the tolerance is that of NumPy: absolute plus relative of the expected value", () => {
  expect([110]).toBeAllClose([100], { relative: 0.1, absolute: 0 });
  expect([100]).not.toBeAllClose([111.2], { relative: 0.1, absolute: 0 }); // 11.2 > 11.12
  expect([0.5]).toBeAllClose([0], { relative: 0.1, absolute: 0.5 });
});

test("same bits: NaN equals NaN, -0 differs from 0", () => {
  expect({ weights: { kernel: tf.tensor1d([NaN, 1]) } }).toHaveSameBits({
    weights: { kernel: hostTensor(new Float32Array([NaN, 1]), [2]) },
  });
  expect(-0).not.toHaveSameBits(0);
  expect(() => expectSameBits({ a: new Map([["x.y", [1, { deep: -0 }]]]) }, { a: { "x.y": [1, { deep: 0 }] } })).toThrow(
    'Bits differ at a["x.y"][1].deep: -0 instead of 0.',
  );
  expect(() => expectSameBits({ a: new Float32Array([1, 2]) }, { a: new Float32Array([1, 3]) })).toThrow(
    "Bits differ at a[1]: 2 instead of 3.",
  );
  expect(() => expectSameBits({ a: 1 }, {})).toThrow("Bits differ at a: 1 instead of nothing.");
  expect(() => expectSameBits("a", "b")).toThrow('Bits differ at the root: "a" instead of "b".');
  expect(() => expectSameBits([{ k: 1 }], [[1, 2]])).toThrow("Bits differ at [0]: { k } instead of an array of 2.");
  expect(() => expect(1).toHaveSameBits(2)).toThrow("Bits differ at the root: 1 instead of 2.");
  expect(() => expect(1).not.toHaveSameBits(1)).toThrow("All bits are the same, which was not expected.");
});

test("a leak is named in tensors and bytes", async () => {
  const left: tf.Tensor[] = [];
  await expect(expectNoTensorLeak(async () => void left.push(tf.zeros([3]), tf.zeros([9])))).rejects.toThrow(
    "Tensors were left behind: 2 tensors and 48 bytes more than before.",
  );
  await expect(expectNoTensorLeak(() => left.push(tf.scalar(1)))).rejects.toThrow("1 tensor and 4 bytes");
  await expect(expectNoTensorLeak(() => tf.tidy(() => tf.scalar(1).dataSync()[0]))).resolves.toBe(1);
  const error = new Error("own");
  await expect(expectNoTensorLeak(() => Promise.reject(error))).rejects.toBe(error);
  tf.dispose(left);
});
