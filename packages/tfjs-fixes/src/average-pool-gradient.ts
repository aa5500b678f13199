import * as tf from "@tensorflow/tfjs";
import { type FixDefinition, kernelFix } from "./fix.js";
import { required } from "./host-kernel.js";
import { forEachWindow, numPositions, numTaps, type SlidingWindow, window2d, window3d } from "./sliding-window.js";

/** The full size of the window over the part of it inside of the input, per position of one sample; undefined where all are full. */
function borderFactors(window: SlidingWindow): Float32Array | undefined {
  const sample = { ...window, batch: 1 };
  const factors = new Float32Array(numPositions(sample));
  forEachWindow(sample, (position, _pixels, _taps, count) => {
    factors[position] = numTaps(window) / count;
  });
  return factors.every((factor) => factor === 1) ? undefined : factors;
}

interface PoolAttributes {
  readonly filterSize: number;
  readonly strides: number;
  readonly pad: "same" | "valid" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Forward divides by the elements inside of the input, the kernels for the gradient by the full window: their dy is scaled up at the borders. */
function averagePoolFix(
  op: "AvgPoolGrad" | "AvgPool3DGrad",
  windowOf: (shape: readonly number[], attrs: PoolAttributes) => SlidingWindow,
): FixDefinition {
  const wrong = "With padding, gradients at the borders are divided by the full window instead of its part inside the input.";
  return kernelFix({ op, wrong }, ["cpu", "wasm", "webgpu"], (original) => (args) => {
    const { dy, input } = required(args.inputs, "dy", "input");
    const window = windowOf(input.shape, args.attrs as unknown as PoolAttributes);
    const factors = borderFactors(window);
    if (factors === undefined) return original!(args);
    const outputShape = op === "AvgPoolGrad" ? window.output.slice(1) : window.output;
    const scaled = tf.tidy(() => tf.mul(dy as tf.Tensor, tf.tensor(factors, [1, ...outputShape, 1])));
    const dx = original!({ ...args, inputs: { dy: scaled, input } });
    scaled.dispose();
    return dx;
  });
}

export const averagePoolGradient = averagePoolFix("AvgPoolGrad", (shape, { filterSize, strides, pad, dimRoundingMode }) =>
  window2d(tf.backend_util.computePool2DInfo(shape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode)),
);

export const averagePool3dGradient = averagePoolFix("AvgPool3DGrad", (shape, { filterSize, strides, pad, dimRoundingMode }) =>
  window3d(
    tf.backend_util.computePool3DInfo(
      shape as [number, number, number, number, number],
      filterSize,
      strides,
      1,
      pad as "same",
      dimRoundingMode,
    ),
  ),
);
