import * as tf from "@tensorflow/tfjs";
import type { GradientCase, InputSpec } from "./check-gradient.js";

const shapes: readonly (readonly number[])[] = [[3], [2, 5], [40, 33], [2, 3, 4, 5], [1], [3]];

type Unary = (x: tf.Tensor) => tf.Tensor;

function unary(run: Unary, spec: Omit<InputSpec, "shape"> = {}): GradientCase[] {
  return shapes.map((shape) => ({ inputs: [{ shape, ...spec }], run: run as GradientCase["run"] }));
}

const positive = { range: [0.3, 2] } as const;
const inside = { range: [-0.8, 0.8] } as const;
const atZero = { avoids: [0] } as const;

/** Shapes that broadcast: same, scalar on either side, row, column, in the middle, of lower rank. */
const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [4, 5],
    [4, 5],
  ],
  [[4, 5], []],
  [[], [3, 2]],
  [[6, 2, 7], [7]],
  [
    [5, 1],
    [5, 33],
  ],
  [
    [2, 1, 3, 1],
    [4, 1, 5],
  ],
  [[64, 40], [40]],
  [[1, 1], [3]],
];

function binary(run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, left: Omit<InputSpec, "shape"> = {}, right = left): GradientCase[] {
  return pairs.map(([a, b]) => ({
    inputs: [
      { shape: a, ...left },
      { shape: b, ...right },
    ],
    run: run as GradientCase["run"],
  }));
}

export const elementWiseCases: Readonly<Record<string, GradientCase[]>> = {
  relu: unary((x) => tf.relu(x), atZero),
  relu6: unary((x) => tf.relu6(tf.mul(x, 8)), { avoids: [0, 0.75] }),
  leakyRelu: unary((x) => tf.leakyRelu(x, 0.3), atZero),
  elu: unary((x) => tf.elu(x), atZero),
  selu: unary((x) => tf.selu(x), atZero),
  sigmoid: unary((x) => tf.sigmoid(x), { range: [-4, 4] }),
  logSigmoid: unary((x) => tf.logSigmoid(x), { range: [-4, 4] }),
  tanh: unary((x) => tf.tanh(x), { range: [-3, 3] }),
  softplus: unary((x) => tf.softplus(x), { range: [-4, 4] }),
  exp: unary((x) => tf.exp(x)),
  expm1: unary((x) => tf.expm1(x)),
  log: unary((x) => tf.log(x), positive),
  log1p: unary((x) => tf.log1p(x), positive),
  sqrt: unary((x) => tf.sqrt(x), positive),
  rsqrt: unary((x) => tf.rsqrt(x), positive),
  square: unary((x) => tf.square(x)),
  reciprocal: unary((x) => tf.reciprocal(x), positive),
  abs: unary((x) => tf.abs(x), atZero),
  neg: unary((x) => tf.neg(x)),
  erf: unary((x) => tf.erf(x), { range: [-2, 2] }),
  sin: unary((x) => tf.sin(x)),
  cos: unary((x) => tf.cos(x)),
  tan: unary((x) => tf.tan(x)),
  asin: unary((x) => tf.asin(x), inside),
  acos: unary((x) => tf.acos(x), inside),
  atan: unary((x) => tf.atan(x)),
  sinh: unary((x) => tf.sinh(x)),
  cosh: unary((x) => tf.cosh(x)),
  asinh: unary((x) => tf.asinh(x)),
  acosh: unary((x) => tf.acosh(x), { range: [1.5, 3] }),
  atanh: unary((x) => tf.atanh(x), inside),
  clipByValue: unary((x) => tf.clipByValue(x, -0.5, 0.4), { avoids: [-0.5, 0.4] }),
  step: unary((x) => tf.mul(tf.step(x, 0.3), x), atZero),
  cast: unary((x) => tf.mul(tf.cast(x, "float32"), 3)),
  "scale by a number": unary((x) => x.mul(-2.5).add(1).div(3).sub(0.5)),
  softmax: unary((x) => tf.softmax(x), { range: [-3, 3] }),
  logSoftmax: unary((x) => tf.logSoftmax(x), { range: [-3, 3] }),
  logSumExp: unary((x) => tf.logSumExp(x, -1), { range: [-3, 3] }),
  cumsum: unary((x) => tf.cumsum(x, x.rank - 1, true, true)),
  add: binary((a, b) => tf.add(a, b)),
  sub: binary((a, b) => tf.sub(a, b)),
  mul: binary((a, b) => tf.mul(a, b)),
  div: binary((a, b) => tf.div(a, b), {}, positive),
  maximum: binary((a, b) => tf.maximum(a, b), { range: [-1, -0.1] }, { range: [0, 1] }),
  minimum: binary((a, b) => tf.minimum(a, b), { range: [-1, -0.1] }, { range: [0, 1] }),
  squaredDifference: binary((a, b) => tf.squaredDifference(a, b)),
  pow: binary((a, b) => tf.pow(a, b), positive),
  atan2: binary((a, b) => tf.atan2(a, b), positive),
  "mean squared error": binary((a, b) => tf.losses.meanSquaredError(a.add(b), b.mul(2).sub(a), undefined, tf.Reduction.NONE)),
  prelu: [[3], [2, 5], [4, 6, 7], [1, 3], [40, 33]].map((shape) => ({
    inputs: [
      { shape, ...atZero },
      { shape: [shape.at(-1)!], ...positive },
    ],
    run: (x, alpha) => tf.prelu(x!, alpha!),
  })),
  where: [[3], [2, 5], [40, 33], [2, 3, 4], [1]].map((shape) => ({
    inputs: [{ shape }, { shape }],
    run: (a, b) =>
      tf.where(
        tf.tensor(
          Uint8Array.from({ length: a!.size }, (_, k) => (k % 3 === 0 ? 1 : 0)),
          a!.shape,
          "bool",
        ),
        a!,
        b!,
      ),
  })),
  addN: [[3], [2, 5], [40, 33], [2, 3, 4], [1]].map((shape) => ({
    inputs: [{ shape }, { shape }, { shape }],
    run: (...all) => tf.addN(all),
  })),
};
