import * as tf from "@tensorflow/tfjs";
import { kernelFix } from "./fix.js";
import type { WasmBackend } from "./heap-matrix.js";
import { required } from "./host-kernel.js";
import { type SlidingWindow, window3d } from "./sliding-window.js";
import { convolutionFilterGradient, convolutionInputGradient } from "./wasm-convolution.js";

type Shape5 = [number, number, number, number, number];
interface ConvolutionAttributes {
  readonly strides: number | [number, number, number];
  readonly pad: "same" | "valid";
}

const windowOf = (inputShape: readonly number[], filterShape: readonly number[], { strides, pad }: ConvolutionAttributes): SlidingWindow =>
  window3d(tf.backend_util.computeConv3DInfo(inputShape as Shape5, filterShape as Shape5, strides, 1, pad));

export const wasmConv3dInputGradient = kernelFix(
  { op: "Conv3DBackpropInputV2", wrong: "Wrong values." },
  ["wasm"],
  () =>
    ({ inputs, backend, attrs }) => {
      const { dy, filter } = required(inputs, "dy", "filter");
      const { inputShape } = attrs as unknown as { inputShape: readonly number[] };
      return convolutionInputGradient(
        backend as WasmBackend,
        dy,
        filter,
        inputShape,
        windowOf(inputShape, filter.shape, attrs as unknown as ConvolutionAttributes),
      );
    },
);

export const wasmConv3dFilterGradient = kernelFix(
  { op: "Conv3DBackpropFilterV2", wrong: "Wrong values for strides greater than 1." },
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
