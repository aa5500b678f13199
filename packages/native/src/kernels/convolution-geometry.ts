import type * as tf from "@tensorflow/tfjs";

type Conv2DInfo = tf.backend_util.Conv2DInfo;
type Conv3DInfo = tf.backend_util.Conv3DInfo;
export type ConvolutionInfo = Conv2DInfo | Conv3DInfo;

/** The three computations of a convolution, in the order of the addon's numbers. */
export const convolutionPasses = ["forward", "inputGradient", "filterGradient"] as const;
export type ConvolutionPass = (typeof convolutionPasses)[number];

const headLength = 9;
const axisLength = 6;
const numbers = new Int32Array(headLength + 3 * axisLength);
const alphaOfNumbers = new Float32Array(numbers.buffer, 7 * Int32Array.BYTES_PER_ELEMENT, 1);

export interface GeometryOptions {
  /** Shape of the result of the forward pass, where it is known: gradients get no rounding mode. */
  readonly outShape?: readonly number[];
  readonly isDepthwise?: boolean;
  /** Number of the activation in the addon. */
  readonly activation?: number;
  readonly alpha?: number;
  /** Whether images lie as bfloat16. */
  readonly isBf16?: boolean;
}

/**
 * Writes the shapes of a convolution as the addon reads them, into an array that the next call overwrites. Undefined where the addon has nothing to
 * compute (an empty tensor), or where the sizes do not fit together.
 */
export function convolutionGeometry(
  info: ConvolutionInfo,
  { outShape = info.outShape, isDepthwise = false, activation = 0, alpha = 0, isBf16 = false }: GeometryOptions = {},
): Int32Array | undefined {
  const isChannelsFirst = info.dataFormat === "channelsFirst";
  const firstAxis = isChannelsFirst ? 2 : 1;
  const rank = outShape.length - 2;
  numbers[0] = rank;
  numbers[1] = isDepthwise ? 1 : 0;
  numbers[2] = isChannelsFirst ? 1 : 0;
  numbers[3] = info.batchSize;
  numbers[4] = info.inChannels;
  numbers[5] = info.outChannels;
  numbers[6] = activation;
  alphaOfNumbers[0] = alpha;
  numbers[8] = isBf16 ? 1 : 0;
  let fits = info.batchSize * info.inChannels * info.outChannels > 0;
  const write = (axis: number, input: number, window: number, stride: number, dilation: number, paddingFront: number): void => {
    const out = outShape[firstAxis + axis]!;
    const at = headLength + axis * axisLength;
    numbers[at] = input;
    numbers[at + 1] = out;
    numbers[at + 2] = window;
    numbers[at + 3] = stride;
    numbers[at + 4] = dilation;
    numbers[at + 5] = paddingFront;
    const paddingBack = (out - 1) * stride + (window - 1) * dilation + 1 - input - paddingFront;
    // Another rounding of the size is one off; what is further off is another convolution's.
    const isExpected = Math.abs(out - info.outShape[firstAxis + axis]!) <= 1;
    fits &&= isExpected && input * out * window > 0 && paddingFront >= 0 && paddingBack > -stride;
  };
  let axis = 0;
  if ("inDepth" in info)
    write(axis++, info.inDepth, info.filterDepth, info.strideDepth, info.dilationDepth, (info as Conv3DInfo).padInfo.front);
  write(axis++, info.inHeight, info.filterHeight, info.strideHeight, info.dilationHeight, info.padInfo.top);
  write(axis, info.inWidth, info.filterWidth, info.strideWidth, info.dilationWidth, info.padInfo.left);
  return fits ? numbers : undefined;
}
