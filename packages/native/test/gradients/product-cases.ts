import * as tf from "@tensorflow/tfjs";
import type { GradientCase } from "./check-gradient.js";

type Shapes = readonly (readonly number[])[];

function each(list: readonly Shapes[], run: (...inputs: tf.Tensor[]) => tf.Tensor): GradientCase[] {
  return list.map((shapes) => ({ inputs: shapes.map((shape) => ({ shape })), run }));
}

const flip = (shape: readonly number[]): number[] => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
const factors: readonly Shapes[] = [
  [
    [2, 3],
    [3, 4],
  ],
  [
    [1, 1],
    [1, 1],
  ],
  [
    [33, 40],
    [40, 17],
  ],
  [
    [2, 5, 3],
    [2, 3, 4],
  ],
  [
    [4, 2, 7, 5],
    [4, 2, 5, 6],
  ],
  [
    [2, 3],
    [3, 4],
  ],
];
/** [x], [filter] */
const convolved: readonly Shapes[] = [
  [
    [1, 5, 5, 1],
    [3, 3, 1, 2],
  ],
  [
    [3, 6, 7, 3],
    [3, 2, 3, 4],
  ],
  [
    [2, 4, 4, 10],
    [1, 1, 10, 20],
  ],
  [
    [2, 9, 8, 2],
    [5, 3, 2, 3],
  ],
  [
    [1, 7, 7, 16],
    [3, 3, 16, 16],
  ],
  [
    [1, 5, 5, 1],
    [3, 3, 1, 2],
  ],
];
const deep: readonly Shapes[] = [
  [
    [2, 6, 7, 3],
    [3, 3, 3, 2],
  ],
  [
    [1, 5, 5, 1],
    [3, 3, 1, 1],
  ],
  [
    [3, 8, 8, 5],
    [3, 2, 5, 1],
  ],
  [
    [1, 6, 6, 20],
    [3, 3, 20, 1],
  ],
  [
    [2, 7, 6, 4],
    [2, 2, 4, 3],
  ],
];
const solid: readonly Shapes[] = [
  [
    [1, 3, 4, 4, 1],
    [2, 2, 2, 1, 2],
  ],
  [
    [2, 3, 3, 3, 2],
    [2, 3, 2, 2, 3],
  ],
  [
    [1, 4, 5, 3, 3],
    [3, 3, 3, 3, 1],
  ],
  [
    [2, 2, 2, 2, 4],
    [1, 1, 1, 4, 5],
  ],
  [
    [1, 3, 4, 4, 1],
    [2, 2, 2, 1, 2],
  ],
];
const four = (x: tf.Tensor | undefined): tf.Tensor4D => x as tf.Tensor4D;

export const productCases: Readonly<Record<string, GradientCase[]>> = {
  matMul: each(factors, (a, b) => tf.matMul(a!, b!)),
  "matMul, left transposed": each(
    factors.map(([a, b]) => [flip(a!), b!]),
    (a, b) => tf.matMul(a!, b!, true),
  ),
  "matMul, right transposed": each(
    factors.map(([a, b]) => [a!, flip(b!)]),
    (a, b) => tf.matMul(a!, b!, false, true),
  ),
  "matMul, both transposed": each(
    factors.map(([a, b]) => [flip(a!), flip(b!)]),
    (a, b) => tf.matMul(a!, b!, true, true),
  ),
  "matMul with one matrix for a batch": each(
    [
      [
        [3, 2, 4],
        [4, 5],
      ],
      [
        [2, 2, 3, 4],
        [4, 1],
      ],
      [
        [1, 2, 3],
        [3, 3],
      ],
      [
        [5, 33, 8],
        [8, 17],
      ],
      [
        [2, 1, 1],
        [1, 1],
      ],
    ],
    (a, b) => tf.matMul(a!, b!),
  ),
  "fused matMul with bias": each(
    [
      [[2, 3], [3, 4], [4]],
      [[33, 40], [40, 17], [17]],
      [[1, 1], [1, 1], [1]],
      [[64, 8], [8, 3], [3]],
      [[5, 5], [5, 5], [5]],
    ],
    (a, b, bias) => tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: bias!, activation: "linear" }),
  ),
  "conv2d, valid": each(convolved, (x, filter) => tf.conv2d(four(x), four(filter), 1, "valid" as const)),
  "conv2d, same, stride 2": each(convolved, (x, filter) => tf.conv2d(four(x), four(filter), 2, "same")),
  "conv2d, padding of its own": each(convolved, (x, filter) => tf.conv2d(four(x), four(filter), 1, 1)),
  "conv2d, dilated": each(convolved, (x, filter) => tf.conv2d(four(x), four(filter), 1, "same", "NHWC", [2, 2])),
  "conv2d, the same filter twice": each(
    [
      [
        [1, 5, 5, 2],
        [3, 3, 2, 2],
      ],
      [
        [2, 4, 6, 1],
        [2, 2, 1, 1],
      ],
      [
        [1, 3, 3, 5],
        [1, 1, 5, 5],
      ],
      [
        [3, 8, 8, 3],
        [3, 3, 3, 3],
      ],
      [
        [1, 5, 5, 2],
        [3, 3, 2, 2],
      ],
    ],
    (x, filter) => tf.conv2d(tf.conv2d(four(x), four(filter), 1, "same") as tf.Tensor4D, four(filter), 1, "same"),
  ),
  "fused conv2d with bias": each(
    convolved.map(([x, filter]) => [x!, filter!, [filter!.at(-1)!]]),
    (x, filter, bias) => tf.fused.conv2d({ x: four(x), filter: four(filter), strides: 1, pad: "same", bias: bias!, activation: "linear" }),
  ),
  conv1d: each(
    [
      [
        [2, 7, 3],
        [3, 3, 4],
      ],
      [
        [1, 5, 1],
        [2, 1, 1],
      ],
      [
        [3, 9, 8],
        [5, 8, 2],
      ],
      [
        [1, 4, 2],
        [1, 2, 5],
      ],
      [
        [2, 30, 5],
        [3, 5, 6],
      ],
    ],
    (x, filter) => tf.conv1d(x as tf.Tensor3D, filter as tf.Tensor3D, 1, "same"),
  ),
  conv2dTranspose: each(
    [
      [
        [2, 3, 3, 2],
        [3, 3, 4, 2],
      ],
      [
        [1, 2, 2, 1],
        [2, 2, 1, 1],
      ],
      [
        [1, 4, 3, 5],
        [3, 3, 2, 5],
      ],
      [
        [3, 2, 2, 3],
        [2, 2, 7, 3],
      ],
      [
        [2, 3, 3, 2],
        [3, 3, 4, 2],
      ],
    ],
    (x, filter) =>
      tf.conv2dTranspose(four(x), four(filter), [x!.shape[0]!, 2 * x!.shape[1]!, 2 * x!.shape[2]!, filter!.shape[2]!], 2, "same"),
  ),
  "depthwise conv2d": each(deep, (x, filter) => tf.depthwiseConv2d(four(x), four(filter), 1, "same")),
  "depthwise conv2d, stride 2, valid": each(deep, (x, filter) => tf.depthwiseConv2d(four(x), four(filter), 2, "valid")),
  "depthwise conv2d, dilated": each(deep, (x, filter) => tf.depthwiseConv2d(four(x), four(filter), 1, "same", "NHWC", [2, 2])),
  "separable conv2d": each(
    deep.map(([x, filter]) => [x!, filter!, [1, 1, filter![2]! * filter![3]!, 3]]),
    (x, filter, points) => tf.separableConv2d(four(x), four(filter), four(points), 1, "same"),
  ),
  conv3d: each(solid, (x, filter) => tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, 1, "same")),
  "conv3d, stride 2": each(solid, (x, filter) => tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, 2, "same")),
  "batch normalization": each(
    [
      [[4, 3], [3], [3]],
      [[2, 3, 3, 5], [5], [5]],
      [[40, 33], [33], [33]],
      [[2, 3, 1, 1], [1], [1]],
      [[6, 17], [17], [17]],
    ],
    (x, gamma, beta) => {
      const axes = x!.shape.slice(0, -1).map((_, i) => i);
      const { mean, variance } = tf.moments(x!, axes);
      return tf.batchNorm(x!, mean, variance, beta as tf.Tensor1D, gamma as tf.Tensor1D, 1e-3);
    },
  ),
  "softmax cross entropy": each([[[4, 3]], [[1, 10]], [[33, 5]], [[2, 2]], [[64, 40]]], (logits) =>
    tf.losses.softmaxCrossEntropy(
      tf.oneHot(
        tf.tensor1d(
          Array.from({ length: logits!.shape[0]! }, (_, i) => i % logits!.shape[1]!),
          "int32",
        ),
        logits!.shape[1]!,
      ),
      logits!,
      undefined,
      0,
      tf.Reduction.NONE,
    ),
  ),
};
