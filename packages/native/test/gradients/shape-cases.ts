import * as tf from "@tensorflow/tfjs";
import type { GradientCase, InputSpec } from "./check-gradient.js";

type Run = (x: tf.Tensor) => tf.Tensor;

function each(shapes: readonly (readonly number[])[], run: Run, spec: Omit<InputSpec, "shape"> = {}): GradientCase[] {
  return shapes.map((shape) => ({ inputs: [{ shape, ...spec }], run: run as GradientCase["run"] }));
}

const shapes: readonly (readonly number[])[] = [[5], [3, 4], [2, 3, 4], [40, 33], [2, 3, 2, 5], [3, 4]];
const matrices: readonly (readonly number[])[] = [
  [3, 4],
  [2, 3, 4],
  [40, 33],
  [2, 3, 2, 5],
  [1, 2],
  [3, 4],
];
const images: readonly (readonly number[])[] = [
  [1, 3, 4, 2],
  [3, 5, 4, 1],
  [2, 8, 6, 3],
  [4, 2, 2, 7],
  [1, 3, 4, 2],
];

export const shapeCases: Readonly<Record<string, GradientCase[]>> = {
  "sum of all": each(shapes, (x) => tf.sum(x)),
  "sum over the first axis": each(shapes, (x) => tf.sum(x, 0)),
  "sum over the last axis": each(shapes, (x) => tf.sum(x, -1, true)),
  "mean over two axes": each(matrices, (x) => tf.mean(x, [0, x.rank - 1])),
  "max over an axis": each(
    matrices.filter((shape) => shape[0]! < 20),
    (x) => tf.max(x, -1),
    { isDistinct: true },
  ),
  "min over an axis": each(
    matrices.filter((shape) => shape[0]! < 20),
    (x) => tf.min(x, 0),
    { isDistinct: true },
  ),
  prod: each([[5], [3, 4], [2, 3, 4], [6, 5], [1]], (x) => tf.prod(x, -1), { range: [0.5, 1.5] }),
  norm: each(matrices, (x) => tf.norm(x)),
  moments: each(matrices, (x) => tf.moments(x, 0).variance),
  transpose: each(shapes, (x) => tf.transpose(x)),
  "transpose of inner axes": each(
    [
      [2, 3, 4, 5],
      [8, 16, 4, 32],
      [1, 2, 1, 3],
      [2, 33, 3, 7],
      [2, 3, 4, 5],
    ],
    (x) => tf.transpose(x, [0, 2, 1, 3]),
  ),
  reshape: each(shapes, (x) => tf.reshape(x, [x.size, 1])),
  slice: each(matrices, (x) => tf.slice(x, x.shape.map(() => 0).with(-1, 1), [...x.shape.slice(0, -1), x.shape.at(-1)! - 1])),
  pad: each(matrices, (x) =>
    tf.pad(
      x,
      x.shape.map((_, i) => [i, 1] as [number, number]),
    ),
  ),
  mirrorPad: each(
    [
      [3, 4],
      [5, 6],
      [2, 3],
      [40, 33],
      [3, 4],
    ],
    (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 1],
          [1, 2],
        ],
        "reflect",
      ),
  ),
  tile: each(matrices, (x) =>
    tf.tile(
      x,
      x.shape.map((_, i) => (i % 2) + 1),
    ),
  ),
  reverse: each(shapes, (x) => tf.reverse(x, 0)),
  "stack and unstack": each(matrices, (x) => tf.stack(tf.unstack(x).toReversed(), 1)),
  split: each(
    [
      [4, 6],
      [2, 4],
      [3, 8, 10],
      [1, 2],
      [40, 34],
    ],
    (x) => tf.sub(tf.split(x, 2, -1)[0]!, tf.split(x, 2, -1)[1]!),
  ),
  gather: each(matrices, (x) => tf.gather(x, tf.tensor1d([0, 0, x.shape[0]! - 1], "int32"))),
  "gather along the last axis": each(matrices, (x) => tf.gather(x, tf.tensor1d([1, 0, 1], "int32"), x.rank - 1)),
  expandDims: each(shapes, (x) => tf.mul(tf.expandDims(x, 0), tf.ones([3, ...x.shape.map(() => 1)]))),
  broadcastTo: each(
    [
      [1, 4],
      [3, 1],
      [1, 1],
      [5, 1],
      [1, 33],
    ],
    (x) => tf.broadcastTo(x, [Math.max(x.shape[0]!, 6) === 6 && x.shape[0] === 1 ? 6 : x.shape[0]!, x.shape[1] === 1 ? 7 : x.shape[1]!]),
  ),
  spaceToBatchND: each(
    [
      [1, 4, 4, 1],
      [2, 4, 6, 3],
      [1, 2, 2, 2],
      [3, 6, 4, 1],
      [1, 4, 4, 1],
    ],
    (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
  ),
  batchToSpaceND: each(
    [
      [4, 2, 2, 1],
      [8, 1, 3, 2],
      [4, 1, 1, 3],
      [4, 5, 2, 1],
      [4, 2, 2, 1],
    ],
    (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
  ),
  "resizeBilinear up": each(images, (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [7, 9])),
  "resizeBilinear with aligned corners": each(images, (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [6, 5], true)),
  "resizeNearestNeighbor up": each(images, (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 12])),
  "local response normalization": each(images, (x) => tf.localResponseNormalization(x as tf.Tensor4D, 2, 1, 0.5, 0.75)),
  "max pool": each(images, (x) => tf.maxPool(x as tf.Tensor4D, 2, 1, "same"), { isDistinct: true }),
  "max pool without a positive value": each(
    [
      [1, 4, 4, 2],
      [2, 6, 4, 1],
      [3, 5, 5, 3],
      [1, 2, 2, 9],
      [1, 4, 4, 2],
    ],
    (x) => tf.maxPool(tf.sub(x, 100) as tf.Tensor4D, 2, 2, "valid"),
    { isDistinct: true },
  ),
  "average pool, same": each(images, (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, "same")),
  "average pool, valid": each(
    [
      [1, 4, 4, 2],
      [2, 6, 4, 1],
      [3, 5, 5, 3],
      [1, 2, 2, 9],
      [1, 4, 4, 2],
    ],
    (x) => tf.avgPool(x as tf.Tensor4D, 2, 1, "valid"),
  ),
  "max pool in three dimensions": each(
    [
      [1, 4, 4, 2, 2],
      [2, 3, 4, 2, 1],
      [1, 2, 2, 2, 5],
      [1, 5, 3, 4, 1],
      [1, 4, 4, 2, 2],
    ],
    (x) => tf.maxPool3d(x as tf.Tensor5D, 2, 1, "same"),
    { isDistinct: true },
  ),
  "average pool in three dimensions": each(
    [
      [1, 4, 4, 2, 2],
      [2, 3, 4, 2, 1],
      [1, 2, 2, 2, 5],
      [1, 5, 3, 4, 1],
      [1, 4, 4, 2, 2],
    ],
    (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, "same"),
  ),
  concat: [
    [
      [2, 3],
      [2, 5],
    ],
    [
      [1, 4],
      [1, 1],
    ],
    [
      [3, 2, 4],
      [3, 2, 1],
    ],
    [
      [40, 33],
      [40, 2],
    ],
    [
      [2, 3],
      [2, 5],
    ],
  ].map(([a, b]) => ({
    inputs: [{ shape: a! }, { shape: b! }],
    run: (x, y) => tf.concat([x!, y!, x!], -1),
  })),
};
