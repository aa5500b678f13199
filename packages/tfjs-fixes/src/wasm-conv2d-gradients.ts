import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { kernelFix } from "./fix.js";
import type { WasmBackend } from "./heap-matrix.js";
import { required } from "./host-kernel.js";
import { type SlidingWindow, window2d } from "./sliding-window.js";
import { convolutionFilterGradient, convolutionInputGradient } from "./wasm-convolution.js";

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}
type Shape4 = [number, number, number, number];

function windowOf(
  inputShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dataFormat, dimRoundingMode }: ConvolutionAttributes,
): SlidingWindow {
  if (dataFormat === "NCHW")
    throw new SnapfitError(
      "UNSUPPORTED_LAYOUT",
      "A convolution in NCHW was trained on the wasm backend, which has only NHWC. Transpose to NHWC, or use a layer with channelsFirst, which does it by itself.",
    );
  return window2d(tf.backend_util.computeConv2DInfo(inputShape as Shape4, filterShape as Shape4, strides, 1, pad, dimRoundingMode));
}

export const wasmConv2dFilterGradient = kernelFix(
  { op: "Conv2DBackpropFilter", wrong: "Missing: convolutions do not train." },
  ["wasm"],
  () =>
    ({ inputs, backend, attrs }) => {
      const { x, dy } = required(inputs, "x", "dy");
      const { filterShape } = attrs as unknown as { filterShape: readonly number[] };
      return convolutionFilterGradient(
        backend as WasmBackend,
        x,
        dy,
        filterShape,
        windowOf(x.shape, filterShape, attrs as unknown as ConvolutionAttributes),
      );
    },
);

export const wasmConv2dInputGradient = kernelFix(
  { op: "Conv2DBackpropInput", wrong: "Correct, but many times slower than through the matrix product." },
  ["wasm"],
  (original) => (args) => {
    const { dy, filter } = required(args.inputs, "dy", "filter");
    const attrs = args.attrs as unknown as ConvolutionAttributes & { inputShape: readonly number[] };
    if (attrs.dataFormat === "NCHW") return original!(args);
    const window = windowOf(attrs.inputShape, filter.shape, attrs);
    // conv2dTranspose may be asked for less than its input amounts to; the original then leaves out the rest.
    const isWhole = dy.shape[1] === window.output[1] && dy.shape[2] === window.output[2];
    if (!isWhole) return original!(args);
    return convolutionInputGradient(args.backend as WasmBackend, dy, filter, attrs.inputShape, window);
  },
);
