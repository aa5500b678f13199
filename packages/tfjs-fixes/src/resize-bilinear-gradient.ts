import * as tf from "@tensorflow/tfjs";
import { gradientFix } from "./fix.js";

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** Weights `[outputs, inputs]` of linear interpolation along one axis. */
function interpolationWeights(outputs: number, inputs: number, { alignCorners, halfPixelCenters }: ResizeAttributes): tf.Tensor2D {
  const spread = alignCorners && outputs > 1 ? (inputs - 1) / (outputs - 1) : inputs / outputs;
  const weights = new Float32Array(outputs * inputs);
  for (let i = 0; i < outputs; i++) {
    const source = halfPixelCenters ? (i + 0.5) * spread - 0.5 : i * spread;
    const fraction = source - Math.floor(source);
    weights[i * inputs + Math.min(inputs - 1, Math.max(0, Math.floor(source)))]! += 1 - fraction;
    weights[i * inputs + Math.min(inputs - 1, Math.max(0, Math.ceil(source)))]! += fraction;
  }
  return tf.tensor2d(weights, [outputs, inputs]);
}

/** Interpolation is linear: y = R x C^T by rows and columns, so dx = R^T dy C. */
function resizeGradient(
  dy: tf.Tensor4D,
  [batch, height, width, channels]: readonly [number, number, number, number],
  attrs: ResizeAttributes,
): tf.Tensor {
  const [, outHeight, outWidth] = dy.shape;
  const rows = interpolationWeights(outHeight, height, attrs);
  const columns = interpolationWeights(outWidth, width, attrs);
  const byRow = tf.matMul(rows, tf.reshape(dy, [batch, outHeight, outWidth * channels]), true, false);
  const byColumn = tf.matMul(columns, tf.reshape(byRow, [batch * height, outWidth, channels]), true, false);
  return tf.reshape(byColumn, [batch, height, width, channels]);
}

export const resizeBilinearGradient = gradientFix(
  { op: "ResizeBilinear", wrong: "The gradient ignores halfPixelCenters; on cpu it exchanges height and width." },
  {
    inputsToSave: ["images"],
    gradFunc: (dy, saved, attrs) => ({
      images: () => tf.tidy(() => resizeGradient(dy as tf.Tensor4D, (saved[0] as tf.Tensor4D).shape, attrs as unknown as ResizeAttributes)),
    }),
  },
);
