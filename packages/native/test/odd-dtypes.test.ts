import { profileKernels, type NativeBackend } from "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";

const image = (x: tf.Tensor): tf.Tensor4D => x.reshape([1, 4, 4, 1]);
const filter = (): tf.Tensor4D => tf.tensor4d([1, 0.5, -0.5, 2], [2, 2, 1, 1]);
const rows = (): tf.Tensor1D => tf.tensor1d([2, 0, 1, 1], "int32");

/** Operations on a 4 x 4 tensor, at least one for every kind of kernel. */
const operations: Readonly<Record<string, (x: tf.Tensor2D) => tf.Tensor>> = {
  "unary: relu": (x) => tf.relu(x),
  "unary: exp": (x) => tf.exp(x),
  "unary: neg": (x) => tf.neg(x),
  "unary: abs": (x) => tf.abs(x),
  "unary: square": (x) => tf.square(x),
  "unary: clipByValue": (x) => tf.clipByValue(x, -1, 2),
  "unary: isNaN": (x) => tf.isNaN(x),
  "unary: logicalNot": (x) => tf.logicalNot(x),
  "binary: add": (x) => tf.add(x, x),
  "binary: add, broadcast": (x) => tf.add(x, x.slice([1, 0], [1, 4])),
  "binary: add, mixed": (x) => tf.add(x, tf.tensor1d([0.5, 1.5, 2.5, 3.5])),
  "binary: mul by a number": (x) => tf.mul(x, 2),
  "binary: div": (x) => tf.div(x, tf.onesLike(x)),
  "binary: maximum": (x) => tf.maximum(x, x.transpose()),
  "binary: squaredDifference": (x) => tf.squaredDifference(x, x.transpose()),
  "binary: addN": (x) => tf.addN([x, x, x]),
  "compare: less": (x) => tf.less(x, x.transpose()),
  "compare: equal": (x) => tf.equal(x, x.transpose()),
  "compare: logicalAnd": (x) => tf.logicalAnd(x, x.transpose()),
  "select: where": (x) =>
    tf.where(
      tf.tensor2d(
        Array.from({ length: 16 }, (_, i) => i % 3 === 0),
        [4, 4],
      ),
      x,
      x.transpose(),
    ),
  "reduce: sum": (x) => tf.sum(x, 1),
  "reduce: mean": (x) => tf.mean(x),
  "reduce: max": (x) => tf.max(x, 0),
  "reduce: prod": (x) => tf.prod(x, 0),
  "reduce: any": (x) => tf.any(x, 0),
  "reduce: argMax": (x) => tf.argMax(x, 1),
  "cumulative: cumsum": (x) => tf.cumsum(x, 1),
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  matMul: (x) => tf.matMul(x, x, true),
  "matMul, fused": (x) => tf.fused.matMul({ a: x, b: x, bias: tf.ones([4]), activation: "relu" }),
  conv2d: (x) => tf.conv2d(image(x), filter(), 1, "same"),
  depthwiseConv2d: (x) => tf.depthwiseConv2d(image(x), filter(), 1, "same"),
  conv2dTranspose: (x) => tf.conv2dTranspose(image(x), filter(), [1, 5, 5, 1], 1, "valid"),
  maxPool: (x) => tf.maxPool(image(x), 2, 2, "valid"),
  avgPool: (x) => tf.avgPool(image(x), 2, 1, "same"),
  batchNorm: (x) => tf.batchNorm(x, tf.tensor1d([0, 1, 0, 1]), tf.tensor1d([1, 2, 3, 4])),
  resizeBilinear: (x) => tf.image.resizeBilinear(image(x), [7, 3]),
  "move: transpose": (x) => tf.transpose(x),
  "move: slice": (x) => tf.slice(x, [1, 1], [2, 3]),
  "move: concat": (x) => tf.concat([x, x], 1),
  "move: stack": (x) => tf.stack([x, x], 2),
  "move: pad": (x) =>
    tf.pad(x, [
      [1, 0],
      [0, 2],
    ]),
  "move: tile": (x) => tf.tile(x, [1, 2]),
  "move: reverse": (x) => tf.reverse(x, 1),
  "move: split": (x) => tf.split(x, 2, 1)[1]!,
  "move: unstack": (x) => tf.unstack(x)[2]!,
  "move: expandDims": (x) => tf.expandDims(x, 1),
  gather: (x) => tf.gather(x, rows(), 1),
  gatherND: (x) =>
    tf.gatherND(
      x,
      tf.tensor2d(
        [
          [1, 2],
          [3, 0],
        ],
        [2, 2],
        "int32",
      ),
    ),
  unsortedSegmentSum: (x) => tf.unsortedSegmentSum(x, rows(), 3),
  scatterND: (x) => tf.scatterND(tf.tensor2d([[1], [3], [1], [0]], [4, 1], "int32"), x, [4, 4]),
  onesLike: (x) => tf.onesLike(x),
};

const integers = Int32Array.from({ length: 16 }, (_, index) => ((index * 7) % 11) - 4);
/** Tensors of each odd origin, the last those whose storage TensorFlow.js' own casts leave as it was. */
const origins: Readonly<Record<string, () => tf.Tensor>> = {
  int32: () => tf.tensor2d(integers, [4, 4], "int32"),
  bool: () =>
    tf.tensor2d(
      Array.from(integers, (value) => value > 0),
      [4, 4],
      "bool",
    ),
  complex64: () => tf.complex(tf.tensor2d(Float32Array.from(integers), [4, 4]), tf.ones([4, 4])),
  string: () => tf.tensor2d(Array.from(integers, String), [4, 4], "string"),
};
const casts: Readonly<Record<string, { cast(): tf.Tensor; plain(): tf.Tensor }>> = {
  "int32 to float32": {
    cast: () => tf.tensor(integers, [4, 4]).toFloat(),
    plain: () => tf.tensor(Float32Array.from(integers), [4, 4]),
  },
  "bool to float32": {
    cast: () => tf.tensor(integers, [4, 4]).greater(tf.scalar(0, "int32")).toFloat(),
    plain: () =>
      tf.tensor(
        Float32Array.from(integers, (value) => Number(value > 0)),
        [4, 4],
      ),
  },
  "float32 to int32": {
    cast: () =>
      tf
        .tensor(
          Float32Array.from(integers, (value) => value * 1.3),
          [4, 4],
        )
        .toInt(),
    plain: () =>
      tf.tensor(
        Int32Array.from(integers, (value) => Math.trunc(value * 1.3)),
        [4, 4],
        "int32",
      ),
  },
};

const storage: Readonly<Record<string, unknown>> = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** The values as text, rounded to five digits; or that it failed. */
function outcome(make: () => tf.Tensor, run: (x: tf.Tensor2D) => tf.Tensor): string {
  return tf.tidy(() => {
    let result: tf.Tensor;
    try {
      result = run(make() as tf.Tensor2D);
    } catch (error) {
      if (tf.getBackend() === "native") expect((error as Error).message, "for users").not.toMatch(/internal:|Cannot read|undefined/);
      return "fails";
    }
    const values = result.dataSync() as unknown as ArrayLike<number | string>;
    if (tf.getBackend() === "native" && result.dtype in storage) {
      expect(values).toBeInstanceOf(storage[result.dtype]);
      expect((tf.backend() as NativeBackend).memoryOf(result).values).toBeInstanceOf(storage[result.dtype]);
    }
    const text = Array.from(values, (value) => (typeof value === "number" ? Number(value.toPrecision(5)) + 0 : value));
    return `${result.dtype} [${result.shape}] ${text.join(" ")}`;
  });
}

async function on(backend: string, make: () => tf.Tensor): Promise<Record<string, string>> {
  await tf.setBackend(backend);
  return Object.fromEntries(Object.entries(operations).map(([name, run]) => [name, outcome(make, run)]));
}

/** What the cpu backend gives; there the segment sum of whole numbers calls itself float32. */
async function expectedOf(make: () => tf.Tensor): Promise<Record<string, string>> {
  const outcomes = await on("cpu", make);
  const sum = outcomes["unsortedSegmentSum"]!;
  const isInt32 = tf.tidy(() => make().dtype) === "int32";
  return isInt32 ? { ...outcomes, unsortedSegmentSum: sum.replace("float32", "int32") } : outcomes;
}

describe("tensors of an odd dtype", () => {
  it.each(Object.entries(origins))("give what the cpu backend gives: %s", async (_, make) => {
    expect(await on("native", make)).toEqual(await expectedOf(make));
  });

  it.each(Object.entries(casts))("cast, are like those that were made in the dtype: %s", async (_, { cast, plain }) => {
    expect(await on("native", cast)).toEqual(await expectedOf(plain));
  });

  it("take native kernels again after a cast", async () => {
    await tf.setBackend("native");
    const uses = await profileKernels(() =>
      tf.tidy(() =>
        casts["int32 to float32"]!.cast()
          .relu()
          .matMul(tf.ones([4, 4])),
      ),
    );
    expect(uses.map(({ kernel, isFallback }) => [kernel, isFallback])).toEqual(
      expect.arrayContaining([
        ["Cast", false],
        ["Relu", false],
        ["BatchMatMul", false],
      ]),
    );
    expect(uses.some(({ isFallback }) => isFallback)).toBe(false);
  });
});
