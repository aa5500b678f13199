import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyFixes } from "../src/index.js";
import { distinct, uniform } from "./finite-differences.js";

const values = async (x: tf.Tensor): Promise<number[]> => Array.from(await x.data());
const useWasm = async (): Promise<void> => {
  expect(await tf.setBackend("wasm")).toBe(true);
};

/** Values by the definition of the op, from plain arrays. */
const dilatedMaxima = (x: number[], filter: number[]): number[] =>
  [0, 1, 2].map((i) => Math.max(...filter.map((weight, k) => x[i + k]! + weight)));

beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

describe("without fixes, on wasm", () => {
  beforeEach(useWasm);
  it("clipByValue turns NaN into a bound", async () => {
    expect(await values(tf.clipByValue([Number.NaN, 5], 0, 1))).not.toEqual([Number.NaN, 1]);
  });
  it("oneHot in float32 is not 0 and 1", async () => {
    expect(await values(tf.oneHot(tf.tensor1d([1], "int32"), 2, 1, 0, "float32"))).not.toEqual([0, 1]);
  });
  it("maxPool3d of negative values is not their maximum", async () => {
    expect(await values(tf.maxPool3d(tf.tensor5d([-1, -2, -3, -4, -5, -6, -7, -8], [1, 2, 2, 2, 1]), 2, 2, "valid"))).not.toEqual([-1]);
  });
});

describe("without fixes, on cpu", () => {
  beforeEach(() => tf.setBackend("cpu"));
  it("a contiguous slice shares the memory of its source", async () => {
    const x = tf.tensor1d([1, 2, 3, 4]);
    const part = tf.slice(x, [1], [2]);
    (await x.data())[1] = 9;
    expect(await values(part)).toEqual([9, 3]);
  });
});

describe("with fixes, on wasm", () => {
  beforeEach(async () => {
    await useWasm();
    applyFixes("wasm");
  });
  it("clipByValue keeps NaN and infinities' bounds, for float32 and int32", async () => {
    expect(await values(tf.clipByValue([Number.NaN, 5, -5, 0.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 0, 1))).toEqual([
      Number.NaN,
      1,
      0,
      0.5,
      1,
      0,
    ]);
    expect(await values(tf.clipByValue(tf.tensor1d([-3, 2, 9], "int32"), 0, 4))).toEqual([0, 2, 4]);
  });
  it("conv2dTranspose to less than its input takes the part in the first corner, as TF.js does", async () => {
    const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
    expect(await values(tf.conv2dTranspose(x, tf.ones([1, 1, 1, 1]), [1, 1, 1, 1], 1, "same"))).toEqual([1]);
  });
  it("a convolution in NCHW is refused with its reason", () => {
    const run = (): unknown =>
      tf
        .engine()
        .runKernel(
          "Conv2DBackpropFilter",
          { x: tf.ones([1, 1, 3, 3]), dy: tf.ones([1, 1, 2, 2]) },
          { strides: 1, pad: "valid", dataFormat: "NCHW", filterShape: [2, 2, 1, 1] },
        );
    expect(run).toThrow("only NHWC");
  });
  it("oneHot gives 0 and 1 in every dtype, with on and off values, and nothing for indices out of range", async () => {
    const indices = tf.tensor2d([2, 0, -1, 3], [2, 2], "int32");
    for (const dtype of ["float32", "int32", "bool"] as const) {
      expect(await values(tf.oneHot(indices, 3, 1, 0, dtype))).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    expect(await values(tf.oneHot(tf.tensor1d([1], "int32"), 3, 0.5, -2, "float32"))).toEqual([-2, 0.5, -2]);
  });
  it("maxPool3d of negative values is their maximum, and NaN stays", async () => {
    expect(await values(tf.maxPool3d(tf.tensor5d([-1, -2, -3, -4, -5, -6, -7, -8], [1, 2, 2, 2, 1]), 2, 2, "valid"))).toEqual([-1]);
    expect(await values(tf.maxPool3d(tf.tensor5d([-1, Number.NaN], [1, 1, 1, 2, 1]), [1, 1, 2], 1, "valid"))).toEqual([Number.NaN]);
  });
  it("dilation2d is the largest sum of input and filter", async () => {
    const x = [-5, -3, -9, -2, -7];
    const filter = [0.5, -0.25, -4];
    expect(await values(tf.dilation2d(tf.tensor4d(x, [1, 1, 5, 1]), tf.tensor3d(filter, [1, 3, 1]), 1, "valid"))).toEqual(
      dilatedMaxima(x, filter),
    );
  });
});

describe.each(["cpu", "wasm"])("with fixes, on %s", (backend) => {
  beforeEach(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
    applyFixes(backend);
  });
  it("unsortedSegmentSum adds rows by id, drops ids out of range, and keeps int32", async () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]);
    expect(await values(tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, -1], "int32"), 3))).toEqual([3, 4, 0, 0, 6, 8]);
    const sums = tf.unsortedSegmentSum(tf.tensor1d([1, 2, 3], "int32"), tf.tensor1d([0, 0, 1], "int32"), 2);
    expect([sums.dtype, await values(sums)]).toEqual(["int32", [3, 3]]);
  });
  it("gather takes rows along any axis, refuses indices out of range, and keeps the dtype", async () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], "int32");
    const columns = tf.gather(x, tf.tensor1d([2, 0], "int32"), 1);
    expect([columns.dtype, columns.shape, await values(columns)]).toEqual(["int32", [2, 2], [3, 1, 6, 4]]);
    expect(await values(tf.gather(x, tf.tensor2d([1, 1, 0, 2], [2, 2], "int32"), 1, 1))).toEqual([2, 2, 4, 6]);
    expect(() => tf.gather(x, tf.tensor1d([2], "int32"))).toThrow("index value 2 is not in [0, 1], the range of axis 0 of shape [2, 3]");
    expect(() => tf.gather(x, tf.tensor1d([-1], "int32"))).toThrow("index value -1");
  });
  it("matMul broadcasts batch axes in the middle", async () => {
    const a = uniform([2, 3, 2, 4], 1);
    const b = uniform([2, 1, 4, 2], 2);
    const expected = [0, 1].flatMap((i) =>
      [0, 1, 2].map((j) =>
        tf.matMul(a.gather([i]).squeeze([0]).gather([j]).squeeze([0]) as tf.Tensor2D, b.gather([i]).reshape([4, 2]) as tf.Tensor2D),
      ),
    );
    const difference = tf.max(tf.abs(tf.sub(tf.matMul(a, b), tf.reshape(tf.stack(expected), [2, 3, 2, 2]))));
    expect((await difference.data())[0]).toBeLessThan(1e-6);
  });
  it("kernels leave no tensor data behind", async () => {
    const run = async (): Promise<void> => {
      const scope = tf.tidy(() => {
        const x = distinct([2, 6, 6, 2], 3, 0) as tf.Tensor4D;
        const w = uniform([3, 3, 2, 2], 4) as tf.Tensor4D;
        const loss = (image: tf.Tensor, filter: tf.Tensor): tf.Scalar =>
          tf.add(
            tf.sum(
              tf.avgPool(
                tf.maxPool(tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 1, "same", "NHWC", 2), 2, 1, "same"),
                3,
                2,
                "same",
              ),
            ),
            tf.sum(tf.matMul(tf.reshape(image, [2, 3, 6, 4]), tf.reshape(tf.slice(image, 0, [2, 1, 6, 2]), [2, 1, 4, 3]))),
          );
        return tf.grads(loss)([x, w]);
      });
      await scope[0]!.data();
      tf.dispose(scope);
    };
    await run();
    const before = tf.engine().backend.numDataIds();
    await run();
    expect(tf.engine().backend.numDataIds()).toBe(before);
  });
});

describe("with fixes, on cpu", () => {
  beforeEach(async () => {
    expect(await tf.setBackend("cpu")).toBe(true);
    applyFixes("cpu");
  });
  const parts: Record<string, (x: tf.Tensor2D) => tf.Tensor> = {
    slice: (x) => tf.slice(x, [1, 0], [1, 2]),
    "a slice of the whole": (x) => tf.slice(x, [0, 0], [3, 2]),
    split: (x) => tf.split(x, 3)[1]!,
    unstack: (x) => tf.unstack(x)[1]!,
    stridedSlice: (x) => tf.stridedSlice(x, [1, 0], [2, 2]),
    gather: (x) => tf.gather(x, [1]),
  };
  it.each(Object.keys(parts))("%s has memory of its own", async (name) => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const part = parts[name]!(x);
    const before = await values(part);
    (await x.data()).fill(-1);
    expect(await values(part)).toEqual(before);
    (await part.data()).fill(-2);
    expect(await values(x)).toEqual(new Array(6).fill(-1));
  });
  it("the gradient of an embedding takes time by tokens, not by vocabulary", async () => {
    const kernel = tf.getKernel("UnsortedSegmentSum", "cpu");
    let numKernels = 0;
    const table = uniform([20_000, 4], 5);
    tf.unregisterKernel("UnsortedSegmentSum", "cpu");
    tf.registerKernel({ ...kernel, kernelFunc: (args) => (numKernels++, kernel.kernelFunc(args)) });
    const gradient = tf.grad((x) => tf.sum(tf.gather(x, [3, 19_999, 3])))(table);
    expect(numKernels).toBe(1);
    const sums = Array.from(await gradient.data());
    expect([sums[3 * 4], sums[19_999 * 4 + 3], sums[0], sums.reduce((sum, value) => sum + value, 0)]).toEqual([2, 1, 0, 12]);
  });
});
