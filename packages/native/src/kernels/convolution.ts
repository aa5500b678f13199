import * as tf from "@tensorflow/tfjs";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import type { GeometryOptions } from "./convolution-geometry.js";
import { convolve, convolveFilterGradient, convolveInputGradient } from "./convolution-passes.js";
import { type FusedActivation, fusedActivations } from "./fused-activation.js";

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

/** Attributes of all two-dimensional convolutions. The gradients know `dilations` here only. */
interface Attributes2D extends tf.Conv2DAttrs {
  readonly inputShape: Shape4D;
  readonly filterShape: Shape4D;
}

function info2D(x: readonly number[], filter: readonly number[], attrs: object, isDepthwise: boolean): tf.backend_util.Conv2DInfo {
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = attrs as Attributes2D;
  const format = dataFormat === "NCHW" ? "channelsFirst" : "channelsLast";
  return tf.backend_util.computeConv2DInfo(
    x as Shape4D,
    filter as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    isDepthwise,
    format,
  );
}

function info3D(x: readonly number[], filter: readonly number[], attrs: object): tf.backend_util.Conv3DInfo {
  const { strides, pad, dilations, dataFormat } = attrs as tf.Conv3DAttrs;
  const format = dataFormat === "NCDHW" ? "channelsFirst" : "channelsLast";
  return tf.backend_util.computeConv3DInfo(x as Shape5D, filter as Shape5D, strides, dilations ?? 1, pad, false, format);
}

/** A bias that the addon cannot add, one that is no vector over the output channels, goes to the cpu backend, like PReLU. */
function fused(call: KernelArguments, isDepthwise: boolean): tf.TensorInfo | undefined {
  const { x, filter, bias, preluActivationWeights } = call.inputs as Inputs<"x" | "filter", "bias" | "preluActivationWeights">;
  const { activation = "linear", leakyreluAlpha = 0, dataFormat } = call.attrs as Partial<tf.FusedConv2DAttrs>;
  const isLeaky = (activation as string) === "leakyrelu";
  if (preluActivationWeights !== undefined || !(isLeaky || fusedActivations.includes(activation as FusedActivation))) return undefined;
  const info = info2D(x.shape, filter.shape, call.attrs, isDepthwise);
  if (bias !== undefined) {
    const isRow = tf.util.sizeFromShape(bias.shape) === info.outChannels && bias.shape.at(-1) === info.outChannels;
    if (!isRow || (dataFormat === "NCHW" && bias.shape.length !== 1)) return undefined;
  }
  const options: GeometryOptions = {
    isDepthwise,
    activation: isLeaky ? fusedActivations.length : fusedActivations.indexOf(activation as FusedActivation),
    alpha: isLeaky ? leakyreluAlpha : 0,
  };
  return convolve(call.backend, { x, filter, bias }, info, options);
}

const forward =
  (isDepthwise: boolean) =>
  (call: KernelArguments): tf.TensorInfo | undefined => {
    const { x, filter } = call.inputs as Inputs<"x" | "filter">;
    return convolve(call.backend, { x, filter }, info2D(x.shape, filter.shape, call.attrs, isDepthwise), { isDepthwise });
  };

const inputGradient =
  (isDepthwise: boolean) =>
  (call: KernelArguments): tf.TensorInfo | undefined => {
    const { dy, filter } = call.inputs as Inputs<"dy" | "filter">;
    const { inputShape } = call.attrs as Attributes2D;
    return convolveInputGradient(call.backend, { dy, filter }, info2D(inputShape, filter.shape, call.attrs, isDepthwise), { isDepthwise });
  };

const filterGradient =
  (isDepthwise: boolean) =>
  (call: KernelArguments): tf.TensorInfo | undefined => {
    const { x, dy } = call.inputs as Inputs<"x" | "dy">;
    const { filterShape } = call.attrs as Attributes2D;
    return convolveFilterGradient(call.backend, { x, dy }, info2D(x.shape, filterShape, call.attrs, isDepthwise), { isDepthwise });
  };

export const convolutionKernels: KernelTable = {
  Conv2D: forward(false),
  FusedConv2D: (call) => fused(call, false),
  Conv2DBackpropInput: inputGradient(false),
  Conv2DBackpropFilter: filterGradient(false),

  DepthwiseConv2dNative: forward(true),
  FusedDepthwiseConv2D: (call) => fused(call, true),
  DepthwiseConv2dNativeBackpropInput: inputGradient(true),
  DepthwiseConv2dNativeBackpropFilter: filterGradient(true),

  Conv3D({ inputs, attrs, backend }) {
    const { x, filter } = inputs as Inputs<"x" | "filter">;
    return convolve(backend, { x, filter }, info3D(x.shape, filter.shape, attrs));
  },

  Conv3DBackpropInputV2({ inputs, attrs, backend }) {
    const { dy, filter } = inputs as Inputs<"dy" | "filter">;
    const { inputShape } = attrs as tf.Conv3DBackpropInputV2Attrs;
    return convolveInputGradient(backend, { dy, filter }, info3D(inputShape, filter.shape, attrs));
  },

  Conv3DBackpropFilterV2({ inputs, attrs, backend }) {
    const { x, dy } = inputs as Inputs<"x" | "dy">;
    const { filterShape } = attrs as tf.Conv3DBackpropFilterV2Attrs;
    return convolveFilterGradient(backend, { x, dy }, info3D(x.shape, filterShape, attrs));
  },
};
