import { expect, test } from "vitest";
import { copyArray, forgetRecycledArrays, recycleArrays } from "../src/index.js";

const large = 1 << 15;

test("a copy has the values and a buffer of its own", () => {
  const values = new Float32Array([1, NaN, -0]).subarray(1);
  const copy = copyArray(values);
  expect(copy).toEqual(new Float32Array([NaN, -0]));
  expect(copy.buffer.byteLength).toBe(8);
  expect(copyArray(new Int32Array([3, -1]), Float32Array)).toEqual(new Float32Array([3, -1]));
});

test("memory given back is used once, for a copy of its size", () => {
  const first = copyArray(new Float32Array(large).fill(1));
  recycleArrays([first]);
  expect(copyArray(new Float32Array(large + 1)).buffer).not.toBe(first.buffer);
  const second = copyArray(new Float32Array(large).fill(2));
  expect(second.buffer).toBe(first.buffer);
  expect(second[large - 1]).toBe(2);
  expect(copyArray(new Float32Array(large)).buffer).not.toBe(first.buffer);
});

test("what is forgotten is not used again", () => {
  const array = copyArray(new Float64Array(large));
  recycleArrays([array]);
  forgetRecycledArrays();
  expect(copyArray(new Float64Array(large)).buffer).not.toBe(array.buffer);
});
