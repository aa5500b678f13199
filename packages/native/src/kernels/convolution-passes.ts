import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { NativeBackend } from "../native-backend.js";
import {
  type ConvolutionInfo,
  type ConvolutionPass,
  convolutionGeometry,
  convolutionPasses,
  type GeometryOptions,
} from "./convolution-geometry.js";
import { isBf16 } from "../precision.js";
import { type Elements, takeElements } from "./elements.js";
import { packedFilter } from "./convolution-packed-filters.js";

type Floats = Float32Array;
interface ConvolutionFunctions {
  convolve(
    x: Elements,
    filter: Floats,
    bias: Floats | undefined,
    y: Elements,
    geometry: Int32Array,
    packed?: Floats,
    isFilled?: number,
  ): void;
  convolveInputGradient(dy: Elements, filter: Floats, dx: Elements, geometry: Int32Array, packed?: Floats, isFilled?: number): void;
  convolveFilterGradient(x: Elements, dy: Elements, dFilter: Floats, geometry: Int32Array): void;
  convolutionImplementation(geometry: Int32Array, pass: number, hasBias: number): string;
}

const areFloat32 = (...tensors: tf.TensorInfo[]): boolean => tensors.every(({ dtype }) => dtype === "float32");
const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** Below it the conversions cost more than bfloat16 saves. */
const leastWorkForBf16 = 1e6;

/**
 * Whether images are to be bfloat16: under bfloat16 where the work is worth it, and in gradients of what was computed so. Each channel with its own filter,
 * and images with depth or with channels first, stay float32.
 */
function usesBf16(
  backend: NativeBackend,
  info: ConvolutionInfo,
  isDepthwise = false,
  images: readonly tf.TensorInfo[],
  isGradient = true,
): boolean {
  if (isDepthwise || "inDepth" in info || info.dataFormat === "channelsFirst") return false;
  const areAll = images.every((image) => backend.memoryOf(image).isBf16Only);
  if (!isBf16()) return isGradient && areAll;
  return areAll || (sizeOf(info.outShape) * sizeOf(info.filterShape)) / info.outChannels >= leastWorkForBf16;
}

/** y = activation(x * filter + bias), bias `[outputs]`; undefined where the cpu backend has to do it. */
export function convolve(
  backend: NativeBackend,
  { x, filter, bias }: { x: tf.TensorInfo; filter: tf.TensorInfo; bias?: tf.TensorInfo | undefined },
  info: ConvolutionInfo,
  options?: GeometryOptions,
): tf.TensorInfo | undefined {
  if (!areFloat32(x, filter, bias ?? x)) return undefined;
  const useBf16 = usesBf16(backend, info, options?.isDepthwise, [x], false);
  const geometry = convolutionGeometry(info, { ...options, isBf16: useBf16 });
  if (geometry === undefined) return undefined;
  const y = takeElements(backend, useBf16, sizeOf(info.outShape));
  const memory = backend.memoryOf(filter);
  const packed = packedFilter(memory, geometry, "forward", bias !== undefined);
  const { convolve: run } = addon<ConvolutionFunctions>();
  run(
    useBf16 ? backend.bf16(x) : backend.floats(x),
    backend.floats(filter),
    bias && backend.floats(bias),
    y,
    geometry,
    packed?.floats,
    packed?.version === memory.version ? 1 : 0,
  );
  if (packed !== undefined) packed.version = memory.version;
  return backend.own(info.outShape, "float32", y);
}

/** Gradient of the input; also the forward pass of a transposed convolution. */
export function convolveInputGradient(
  backend: NativeBackend,
  { dy, filter }: { dy: tf.TensorInfo; filter: tf.TensorInfo },
  info: ConvolutionInfo,
  options?: GeometryOptions,
): tf.TensorInfo | undefined {
  if (!areFloat32(dy, filter)) return undefined;
  const useBf16 = usesBf16(backend, info, options?.isDepthwise, [dy]);
  const geometry = convolutionGeometry(info, { ...options, outShape: dy.shape, isBf16: useBf16 });
  if (geometry === undefined) return undefined;
  const dx = takeElements(backend, useBf16, sizeOf(info.inShape));
  const memory = backend.memoryOf(filter);
  const packed = packedFilter(memory, geometry, "inputGradient", false);
  const { convolveInputGradient: run } = addon<ConvolutionFunctions>();
  const gradient = useBf16 ? backend.bf16(dy) : backend.floats(dy);
  run(gradient, backend.floats(filter), dx, geometry, packed?.floats, packed?.version === memory.version ? 1 : 0);
  if (packed !== undefined) packed.version = memory.version;
  return backend.own(info.inShape, "float32", dx);
}

/** Gradient of the filter. */
export function convolveFilterGradient(
  backend: NativeBackend,
  { x, dy }: { x: tf.TensorInfo; dy: tf.TensorInfo },
  info: ConvolutionInfo,
  options?: GeometryOptions,
): tf.TensorInfo | undefined {
  if (!areFloat32(x, dy)) return undefined;
  const useBf16 = usesBf16(backend, info, options?.isDepthwise, [x, dy]);
  const geometry = convolutionGeometry(info, { ...options, outShape: dy.shape, isBf16: useBf16 });
  if (geometry === undefined) return undefined;
  const dFilter = backend.takeFloats(sizeOf(info.filterShape));
  const images = (tensor: tf.TensorInfo): Elements => (useBf16 ? backend.bf16(tensor) : backend.floats(tensor));
  addon<ConvolutionFunctions>().convolveFilterGradient(images(x), images(dy), dFilter, geometry);
  return backend.own(info.filterShape, "float32", dFilter);
}

/** oneDNN's name for the code that runs a pass, `brgconv:avx512_core` or `jit:avx512_core`, or `product`; `gemm:jit` and `ref:any` are slow. */
export function convolutionImplementation(info: ConvolutionInfo, pass: ConvolutionPass, options?: GeometryOptions): string {
  const geometry = convolutionGeometry(info, options);
  return geometry === undefined
    ? "none"
    : addon<ConvolutionFunctions>().convolutionImplementation(geometry, convolutionPasses.indexOf(pass), 0);
}
