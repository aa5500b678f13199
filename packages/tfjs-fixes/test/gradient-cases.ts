import * as tf from "@tensorflow/tfjs";
import { distinct, uniform } from "./finite-differences.js";

export interface GradientCase {
  readonly name: string;
  readonly f: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly inputs: () => tf.Tensor[];
  /** 0.1 where f is linear or quadratic in its inputs, small where it has kinks. */
  readonly step: number;
  /** Backends on which TF.js throws or is off by more than 1 % without the fix. */
  readonly wrongOn: readonly ("cpu" | "wasm")[];
}

type Padding = "same" | "valid";
const both = ["cpu", "wasm"] as const;
const smooth = 0.1;
const kinked = 0.01;
/** Growing, shrinking, then the first again: finds caches with the wrong key. */
const batches = [1, 3, 2, 1];

const mirrorPad: GradientCase[] = (["reflect", "symmetric"] as const).flatMap((mode) =>
  (
    [
      [[5], [[2, 1]]],
      [
        [3, 4],
        [
          [2, 2],
          [0, 3],
        ],
      ],
      [
        [2, 5, 6, 3],
        [
          [0, 0],
          [2, 1],
          [3, 4],
          [0, 0],
        ],
      ],
      [[5], [[2, 1]]],
    ] as [number[], [number, number][]][]
  ).map(([shape, paddings]) => ({
    name: `mirrorPad ${mode} [${shape.join()}]`,
    f: (x) => tf.mirrorPad(x, paddings, mode),
    inputs: () => [uniform(shape, 1)],
    step: smooth,
    wrongOn: both,
  })),
);

const averagePool: GradientCase[] = batches.flatMap((batch) =>
  (
    [
      [5, 4, 3, 2, 2, "same"],
      [6, 6, 2, 2, 1, "same"],
      [7, 5, 3, 1, 3, "same"],
      [6, 5, 2, 1, 2, "valid"],
    ] as [number, number, number, number, number, Padding][]
  ).map(([height, width, size, stride, channels, pad]) => ({
    name: `avgPool ${pad} ${size}x${size} stride ${stride} [${[batch, height, width, channels].join()}]`,
    f: (x) => tf.avgPool(x as tf.Tensor4D, size, stride, pad),
    inputs: () => [uniform([batch, height, width, channels], 2)],
    step: smooth,
    wrongOn: pad === "same" && !(height % 2 === 0 && size === 2) ? both : [],
  })),
);

const averagePoolExplicit: GradientCase[] = [1, 2].map((batch) => ({
  name: `avgPool explicit padding batch ${batch}`,
  f: (x) =>
    tf.avgPool(x as tf.Tensor4D, 3, 1, [
      [0, 0],
      [1, 1],
      [0, 2],
      [0, 0],
    ] as never),
  inputs: () => [uniform([batch, 3, 4, 2], 32)],
  step: smooth,
  wrongOn: both,
}));

const averagePool3d: GradientCase[] = (
  [
    [1, "same"],
    [2, "same"],
    [1, "valid"],
  ] as [number, Padding][]
).map(([batch, pad]) => ({
  name: `avgPool3d ${pad} batch ${batch}`,
  f: (x) => tf.avgPool3d(x as tf.Tensor5D, 3, 2, pad),
  inputs: () => [uniform([batch, 4, 5, 6, 2], 3)],
  step: smooth,
  wrongOn: pad === "same" ? both : [],
}));

const maxPool: GradientCase[] = batches.flatMap((batch) =>
  (
    [
      [6, 6, 2, 2, 3, "valid"],
      [5, 7, 3, 2, 2, "same"],
      [5, 5, 3, 1, 1, "same"],
    ] as [number, number, number, number, number, Padding][]
  ).map(([height, width, size, stride, channels, pad]) => ({
    name: `maxPool of negative values ${pad} ${size}x${size} stride ${stride} [${[batch, height, width, channels].join()}]`,
    f: (x) => tf.maxPool(x as tf.Tensor4D, size, stride, pad),
    inputs: () => [distinct([batch, height, width, channels], 4, 0)],
    step: kinked,
    wrongOn: ["wasm"],
  })),
);

const maxPool3d: GradientCase[] = (["same", "valid"] as const).map((pad) => ({
  name: `maxPool3d of negative values ${pad}`,
  f: (x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, pad),
  inputs: () => [distinct([2, 4, 5, 4, 2], 5, 0)],
  step: kinked,
  wrongOn: ["wasm"],
}));

const resize: GradientCase[] = batches.flatMap((batch) =>
  (
    [
      [[3, 4], [6, 8], false, false],
      [[4, 3], [7, 5], true, false],
      [[6, 6], [3, 2], false, false],
      [[3, 2], [6, 6], false, true],
    ] as [[number, number], [number, number], boolean, boolean][]
  ).map(([from, to, align, half]) => ({
    name: `resizeNearestNeighbor ${from.join("x")} to ${to.join("x")}${align ? " aligned" : ""}${half ? " half-pixel" : ""} batch ${batch}`,
    f: (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, to, align, half),
    inputs: () => [uniform([batch, ...from, 2], 6)],
    step: smooth,
    wrongOn: batch > 1 ? ["cpu"] : [],
  })),
);

const gather: GradientCase[] = (
  [
    [[9, 4], [2, 5], 0],
    [[3, 6, 2], [7], 1],
    [[20, 3], [4, 3], 0],
    [[9, 4], [2, 5], 0],
  ] as [number[], number[], number][]
).map(([shape, indexShape, axis]) => ({
  name: `gather axis ${axis} of [${shape.join()}]`,
  f: (x) =>
    tf.gather(
      x,
      tf.tensor(
        Int32Array.from({ length: tf.util.sizeFromShape(indexShape) }, (_, i) => (i * 5 + 1) % shape[axis]!),
        indexShape,
        "int32",
      ),
      axis,
    ),
  inputs: () => [uniform(shape, 8)],
  step: smooth,
  wrongOn: ["wasm"],
}));

const matMul: GradientCase[] = (
  [
    [[2, 3, 4], [4, 5], false, false],
    [[2, 4, 3], [4, 5], true, false],
    [[2, 3, 4], [5, 4], false, true],
    [[2, 4, 3], [5, 4], true, true],
    [[3, 4], [2, 4, 5], false, false],
    [[2, 1, 3, 4], [3, 4, 2], false, false],
    [[2, 3, 3, 4], [2, 1, 4, 2], false, false],
    [[2, 3, 4, 3], [3, 2, 4], true, true],
    [[2, 3, 4], [2, 4, 5], false, false],
    [[3, 4], [4, 5], false, false],
    [[4, 3], [5, 4], true, true],
  ] as [number[], number[], boolean, boolean][]
).map(([a, b, transposeA, transposeB]) => ({
  name: `matMul [${a.join()}]${transposeA ? "^T" : ""} x [${b.join()}]${transposeB ? "^T" : ""}`,
  f: (x, y) => tf.matMul(x!, y!, transposeA, transposeB),
  inputs: () => [uniform(a, 9), uniform(b, 10)],
  step: smooth,
  wrongOn: ["2,3,4 2,4,5", "3,4 4,5", "4,3 5,4"].includes(`${a.join()} ${b.join()}`) ? [] : both,
}));

const conv2d: GradientCase[] = batches.flatMap((batch) =>
  (
    [
      [[5, 6], [3, 3], 1, 1, "same"],
      [[7, 6], [3, 2], 2, 1, "same"],
      [[6, 7], [2, 3], 2, 1, "valid"],
      [[8, 7], [3, 3], 1, 2, "same"],
      [[9, 8], [3, 2], 1, [2, 3], "valid"],
      [[4, 4], [1, 1], 1, 1, "valid"],
    ] as [[number, number], [number, number], number, number | [number, number], Padding][]
  ).map(([size, filter, stride, dilation, pad], i) => ({
    name: `conv2d ${size.join("x")} filter ${filter.join("x")} stride ${stride} dilation ${dilation} ${pad} batch ${batch}`,
    f: (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad, "NHWC", dilation),
    inputs: () => [uniform([batch, ...size, 1 + i], 11), uniform([...filter, 1 + i, 5 - i + (i > 4 ? 3 : 0)], 12)],
    step: smooth,
    wrongOn: dilation === 1 ? ["wasm"] : both,
  })),
);

const depthwise: GradientCase[] = batches.flatMap((batch) =>
  (
    [
      [1, 1, "same", 1],
      [2, 1, "same", 2],
      [2, 1, "valid", 3],
      [1, 2, "same", 2],
      [1, 2, "valid", 1],
    ] as [number, number, Padding, number][]
  ).map(([stride, dilation, pad, multiplier]) => ({
    name: `depthwiseConv2d stride ${stride} dilation ${dilation} ${pad} multiplier ${multiplier} batch ${batch}`,
    f: (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad, "NHWC", dilation),
    inputs: () => [uniform([batch, 7, 6, 3], 13), uniform([3, 2, 3, multiplier], 14)],
    step: smooth,
    wrongOn: dilation === 1 ? ["wasm"] : both,
  })),
);

const otherConvolutions: GradientCase[] = [
  ...(
    [
      [1, "same"],
      [2, "valid"],
      [2, "same"],
    ] as [number, Padding][]
  ).map(([stride, pad]): GradientCase => ({
    name: `conv2dTranspose stride ${stride} ${pad}`,
    f: (x, w) =>
      tf.conv2dTranspose(
        x as tf.Tensor4D,
        w as tf.Tensor4D,
        [2, pad === "same" ? 4 * stride : 3 * stride + 3, pad === "same" ? 4 * stride : 3 * stride + 3, 3],
        stride,
        pad,
      ),
    inputs: () => [uniform([2, 4, 4, 2], 15), uniform([3, 3, 3, 2], 16)],
    step: smooth,
    wrongOn: ["wasm"],
  })),
  ...(
    [
      [1, "same", 1],
      [2, "valid", 2],
      [2, "same", 2],
    ] as [number, Padding, number][]
  ).map(([stride, pad, batch]): GradientCase => ({
    name: `conv3d stride ${stride} ${pad} batch ${batch}`,
    f: (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, stride, pad),
    inputs: () => [uniform([batch, 4, 5, 4, 2], 17), uniform([2, 3, 2, 2, 3], 18)],
    step: smooth,
    wrongOn: ["wasm"],
  })),
  {
    name: "conv1d dilation 2",
    f: (x, w) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 1, "same", "NWC", 2),
    inputs: () => [uniform([2, 9, 3], 19), uniform([3, 3, 2], 20)],
    step: smooth,
    wrongOn: both,
  },
  {
    name: "separableConv2d",
    f: (x, w, p) => tf.separableConv2d(x as tf.Tensor4D, w as tf.Tensor4D, p as tf.Tensor4D, 1, "same"),
    inputs: () => [uniform([2, 5, 5, 2], 21), uniform([3, 3, 2, 2], 22), uniform([1, 1, 4, 3], 23)],
    step: 0.02,
    wrongOn: ["wasm"],
  },
];

const dilation2d: GradientCase[] = (
  [
    [1, 1, "same"],
    [2, 1, "valid"],
    [1, 2, "same"],
  ] as [number, number, Padding][]
).flatMap(([stride, dilation, pad]) =>
  [0, 20].map(
    (top) =>
      ({
        name: `dilation2d stride ${stride} dilation ${dilation} ${pad} below ${top}`,
        f: (x: tf.Tensor, w: tf.Tensor) => tf.dilation2d(x as tf.Tensor4D, w as tf.Tensor3D, stride, pad, dilation),
        inputs: () => [distinct([2, 6, 5, 2], 24, top), tf.mul(uniform([3, 2, 2], 25), 0.01)],
        step: 0.005,
        wrongOn: top === 0 ? (["wasm"] as const) : [],
      }) as GradientCase,
  ),
);

const cumulative: GradientCase[] = (
  [
    [4, 1],
    [6, 1],
    [4, 1],
    [3, 0],
    [4, 0],
  ] as const
).map(([length, axis]) => ({
  name: `cumsum of length ${length} along axis ${axis}`,
  f: (x) => tf.cumsum(x, axis),
  inputs: () => [uniform(axis === 1 ? [2, length] : [length, 4], 26)],
  step: smooth,
  wrongOn: axis === 0 ? both : [],
}));

const resizeBilinear: GradientCase[] = (
  [
    [[3, 4], [7, 5], 2],
    [[6, 5], [3, 4], 1],
    [[3, 1], [4, 3], 3],
  ] as [[number, number], [number, number], number][]
).flatMap(([from, to, batch]) =>
  ["half-pixel", "aligned", "plain"].map((mode) => ({
    name: `resizeBilinear ${mode} ${from.join("x")} to ${to.join("x")} batch ${batch}`,
    f: (x: tf.Tensor) => tf.image.resizeBilinear(x as tf.Tensor4D, to, mode === "aligned", mode === "half-pixel"),
    inputs: () => [uniform([batch, ...from, 2], 27)],
    step: smooth,
    wrongOn: mode === "half-pixel" ? both : (["cpu"] as const),
  })),
);

const masks: GradientCase[] = [
  {
    name: "a mask by greater",
    f: (x) => tf.mul(tf.square(x), tf.cast(tf.greater(x, -0.42), "float32")),
    inputs: () => [distinct([3, 4], 28, 0)],
    step: 0.001,
    wrongOn: both,
  },
  {
    name: "where by comparisons",
    f: (x) => tf.where(tf.logicalOr(tf.logicalNot(tf.less(x, -0.21)), tf.lessEqual(x, -0.42)), tf.square(x), tf.mul(x, 3)),
    inputs: () => [distinct([3, 4], 29, 0)],
    step: 0.001,
    wrongOn: both,
  },
  {
    name: "a mask of rows by notEqual and any",
    f: (x) => tf.mul(x, tf.cast(tf.any(tf.notEqual(x, 0), -1, true), "float32")),
    inputs: () => [uniform([3, 4], 30)],
    step: 0.001,
    wrongOn: both,
  },
];

const batchedGather: GradientCase[] = [1, 0].map((batchDims) => ({
  name: `gather with batchDims ${batchDims}`,
  f: (x) =>
    tf.gather(
      x,
      tf.tensor2d(
        [
          [0, 1],
          [1, 2],
          [5, 5],
        ],
        [3, 2],
        "int32",
      ),
      1,
      batchDims,
    ),
  inputs: () => [uniform([3, 6, 2], 31)],
  step: smooth,
  wrongOn: ["wasm"],
}));

const broadcast: GradientCase[] = ([tf.maximum, tf.minimum, tf.squaredDifference] as const).flatMap((op) =>
  (
    [
      [
        [2, 3],
        [2, 3],
      ],
      [[4, 5], [5]],
      [[], [3, 2]],
      [
        [2, 1, 3],
        [4, 1],
      ],
      [
        [2, 3],
        [2, 3],
      ],
    ] as [number[], number[]][]
  ).map(([left, right]) => ({
    name: `${op.name} [${left.join()}] and [${right.join()}]`,
    f: (a, b) => op(a!, b!),
    // No two values within a step of each other.
    inputs: () => [distinct(left, 31, 1), tf.add(distinct(right, 32, 1), 0.013)],
    step: 1e-3,
    wrongOn: left.join() === right.join() ? [] : both,
  })),
);

const arguments_: GradientCase[] = [
  ...[[4], [2, 3], [2, 3, 4], [4]].flatMap((shape) =>
    [-1, 0].map((axis) => ({
      name: `prod over axis ${axis} of [${shape.join()}]`,
      f: (x: tf.Tensor) => tf.prod(x, axis),
      inputs: () => [tf.add(uniform(shape, 33), 2)],
      step: kinked,
      wrongOn: axis < 0 ? both : [],
    })),
  ),
  ...[
    [3, 2],
    [1, 2],
    [1, 4, 3],
  ].map((shape) => ({
    name: `unstack of [${shape.join()}]`,
    f: (x: tf.Tensor) => tf.square(tf.unstack(x)[0]!),
    inputs: () => [uniform(shape, 34)],
    step: smooth,
    wrongOn: shape[0] === 1 ? both : [],
  })),
];

export const gradientCases: readonly GradientCase[] = [
  ...broadcast,
  ...arguments_,
  ...mirrorPad,
  ...averagePool,
  ...averagePoolExplicit,
  ...averagePool3d,
  ...maxPool,
  ...maxPool3d,
  ...resize,
  ...gather,
  ...matMul,
  ...conv2d,
  ...depthwise,
  ...otherConvolutions,
  ...dilation2d,
  ...cumulative,
  ...resizeBilinear,
  ...masks,
  ...batchedGather,
];
