import { checkOption, oneOf, SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { asFloat, hasKernel, runKernel } from "./fused-kernel.js";

const activations = ["relu", "elu", "sigmoid"] as const;
const activationRule = oneOf(...activations);

/** Of {@link linear}. */
export interface LinearOptions {
  /** Applied to the result. @default none */
  readonly activation?: (typeof activations)[number];
}

/**
 * The linear layer activation(x kernel + bias), over the last axis.
 * @param x [..., inputs] @param kernel [inputs, outputs] @param bias [outputs]
 * @returns [..., outputs] @throws SnapfitError `SHAPE_MISMATCH`, `OPTION_INVALID`
 *
 * @example
 * linear(tf.tensor2d([[1, -2]]), tf.tensor2d([[1, 2], [1, 1]]), tf.tensor1d([0, 1]), { activation: "relu" }).print(); // 0, 1
 */
export function linear(x: tf.Tensor, kernel: tf.Tensor, bias?: tf.Tensor, { activation }: LinearOptions = {}): tf.Tensor {
  checkShapes(x, kernel, bias);
  if (activation !== undefined) checkOption("linear()", "activation", activation, activationRule);
  return tf.tidy(() => {
    const outerShape = x.shape.slice(0, -1);
    const input = asFloat(x);
    const a = (x.rank === 2 ? input : tf.reshape(input, [tf.util.sizeFromShape(outerShape), x.shape.at(-1)!])) as tf.Tensor2D;
    const factors = { a, b: asFloat(kernel) as tf.Tensor2D, ...(bias !== undefined && { bias: asFloat(bias) }) };
    const y = product(factors, activation ?? "linear");
    return x.rank === 2 ? y : tf.reshape(y, [...outerShape, kernel.shape[1]!]);
  });
}

type Factors = { readonly a: tf.Tensor2D; readonly b: tf.Tensor2D; readonly bias?: tf.Tensor };

/** Every backend has the fused product, but TensorFlow.js takes it apart in training; only a backend with the kernel of its gradient need not. */
function product(factors: Factors, activation: "linear" | (typeof activations)[number]): tf.Tensor {
  // A derivative of the derivative needs what the fused kernel does not keep.
  const isFused = hasKernel("FusedBiasGradient") && tf.engine().state.gradientDepth < 2;
  if (!isFused) return tf.fused.matMul({ ...factors, activation });
  return runKernel("_FusedMatMul", factors, { transposeA: false, transposeB: false, activation }) as tf.Tensor;
}

function checkShapes(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | undefined): void {
  const [inputs, outputs] = kernel.shape;
  const isBiasFit = bias === undefined || (bias.rank === 1 && bias.shape[0] === outputs);
  if (kernel.rank === 2 && x.rank > 0 && x.shape.at(-1) === inputs && isBiasFit) return;
  const shapeOf = ({ shape }: tf.Tensor): string => `[${shape.join(", ")}]`;
  throw new SnapfitError(
    "SHAPE_MISMATCH",
    `linear got x ${shapeOf(x)}, a kernel ${shapeOf(kernel)} and ${bias === undefined ? "no bias" : `a bias ${shapeOf(bias)}`}. They are [..., inputs], [inputs, outputs] and [outputs].`,
  );
}
