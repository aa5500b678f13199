import * as tf from "@tensorflow/tfjs";
import { kernelFix } from "./fix.js";
import { computeOnHost, required } from "./host-kernel.js";
import { forEachWindow, type SlidingWindow, window2d } from "./sliding-window.js";

interface DepthwiseAttributes {
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number | tf.backend_util.ExplicitPadding;
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}
type Shape4 = [number, number, number, number];

const windowOf = (inputShape: readonly number[], filterShape: readonly number[], attrs: DepthwiseAttributes): SlidingWindow =>
  window2d(
    tf.backend_util.computeConv2DInfo(
      inputShape as Shape4,
      filterShape as Shape4,
      attrs.strides,
      attrs.dilations ?? 1,
      attrs.pad,
      attrs.dimRoundingMode,
      true,
    ),
  );

const wrong = "Missing: depthwise and separable convolutions do not train.";

export const wasmDepthwiseInputGradient = kernelFix(
  { op: "DepthwiseConv2dNativeBackpropInput", wrong },
  ["wasm"],
  () =>
    ({ inputs, backend, attrs }) => {
      const { dy, filter } = required(inputs, "dy", "filter");
      const { inputShape } = attrs as unknown as { inputShape: readonly number[] };
      const [, , channels, multiplier] = filter.shape as Shape4;
      const outChannels = channels * multiplier;
      const window = windowOf(inputShape, filter.shape, attrs as unknown as DepthwiseAttributes);
      return computeOnHost(backend, [dy, filter], inputShape, "float32", (dx, dyValues, weights) =>
        forEachWindow(window, (position, pixels, taps, count) => {
          for (let i = 0; i < count; i++) {
            for (let c = 0; c < outChannels; c++) {
              dx[pixels[i]! * channels + Math.floor(c / multiplier)]! +=
                dyValues![position * outChannels + c]! * weights![taps[i]! * outChannels + c]!;
            }
          }
        }),
      );
    },
);

export const wasmDepthwiseFilterGradient = kernelFix(
  { op: "DepthwiseConv2dNativeBackpropFilter", wrong },
  ["wasm"],
  () =>
    ({ inputs, backend, attrs }) => {
      const { x, dy } = required(inputs, "x", "dy");
      const { filterShape } = attrs as unknown as { filterShape: readonly number[] };
      const [, , channels, multiplier] = filterShape as Shape4;
      const outChannels = channels * multiplier;
      const window = windowOf(x.shape, filterShape, attrs as unknown as DepthwiseAttributes);
      return computeOnHost(backend, [x, dy], filterShape, "float32", (gradient, xValues, dyValues) => {
        // Thousands of terms a weight: summed in double precision.
        const sums = new Float64Array(gradient.length);
        forEachWindow(window, (position, pixels, taps, count) => {
          for (let i = 0; i < count; i++) {
            for (let c = 0; c < outChannels; c++) {
              sums[taps[i]! * outChannels + c]! +=
                xValues![pixels[i]! * channels + Math.floor(c / multiplier)]! * dyValues![position * outChannels + c]!;
            }
          }
        });
        gradient.set(sums);
      });
    },
);
