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
import { packedFilter } from "./convolution-packed-filters.js";

type Floats = Float32Array;
interface ConvolutionFunctions {
  convolve(x: Floats, filter: Floats, bias: Floats | undefined, y: Floats, geometry: Int32Array, packed?: Floats, isFilled?: number): void;
  convolveInputGradient(dy: Floats, filter: Floats, dx: Floats, geometry: Int32Array, packed?: Floats, isFilled?: number): void;
  convolveFilterGradient(x: Floats, dy: Floats, dFilter: Floats, geometry: Int32Array): void;
  convolutionImplementation(geometry: Int32Array, pass: number, hasBias: number): string;
}

const areFloat32 = (...tensors: tf.TensorInfo[]): boolean => tensors.every(({ dtype }) => dtype === "float32");
const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** y = activation(x * filter + bias), bias `[outputs]`; undefined where the cpu backend has to do it. */
export function convolve(
  backend: NativeBackend,
  { x, filter, bias }: { x: tf.TensorInfo; filter: tf.TensorInfo; bias?: tf.TensorInfo | undefined },
  info: ConvolutionInfo,
  options?: GeometryOptions,
): tf.TensorInfo | undefined {
  const geometry = areFloat32(x, filter, bias ?? x) ? convolutionGeometry(info, options) : undefined;
  if (geometry === undefined) return undefined;
  const y = backend.takeFloats(sizeOf(info.outShape));
  const memory = backend.memoryOf(filter);
  const packed = packedFilter(memory, geometry, "forward", bias !== undefined);
  const { convolve: run } = addon<ConvolutionFunctions>();
  run(
    backend.floats(x),
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
  const geometry = areFloat32(dy, filter) ? convolutionGeometry(info, { ...options, outShape: dy.shape }) : undefined;
  if (geometry === undefined) return undefined;
  const dx = backend.takeFloats(sizeOf(info.inShape));
  const memory = backend.memoryOf(filter);
  const packed = packedFilter(memory, geometry, "inputGradient", false);
  const { convolveInputGradient: run } = addon<ConvolutionFunctions>();
  run(backend.floats(dy), backend.floats(filter), dx, geometry, packed?.floats, packed?.version === memory.version ? 1 : 0);
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
  const geometry = areFloat32(x, dy) ? convolutionGeometry(info, { ...options, outShape: dy.shape }) : undefined;
  if (geometry === undefined) return undefined;
  const dFilter = backend.takeFloats(sizeOf(info.filterShape));
  addon<ConvolutionFunctions>().convolveFilterGradient(backend.floats(x), backend.floats(dy), dFilter, geometry);
  return backend.own(info.filterShape, "float32", dFilter);
}

/** oneDNN's name for the code that runs a pass, `brgconv:avx512_core` or `jit:avx512_core`, or `product`; `gemm:jit` and `ref:any` are slow. */
export function convolutionImplementation(info: ConvolutionInfo, pass: ConvolutionPass, options?: GeometryOptions): string {
  const geometry = convolutionGeometry(info, options);
  return geometry === undefined
    ? "none"
    : addon<ConvolutionFunctions>().convolutionImplementation(geometry, convolutionPasses.indexOf(pass), 0);
}
