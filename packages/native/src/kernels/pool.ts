import * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable, NativeKernel } from "../kernel.js";
import { type Elements, elementsOf, takeElements, takeLike } from "./elements.js";

type Floats = Float32Array;
interface PoolFunctions {
  maxPool(x: Elements, y: Elements, geometry: Int32Array): void;
  averagePool(x: Elements, y: Elements, geometry: Int32Array): void;
  maxPoolWithPositions(x: Floats, y: Floats, positions: Int32Array, geometry: Int32Array, hasBatch: number): void;
  maxPoolGradient(dy: Elements, x: Elements, dx: Elements, geometry: Int32Array): void;
  averagePoolGradient(dy: Elements, dx: Elements, geometry: Int32Array): void;
  round(float32: Floats, bf16: Uint16Array): void;
}

type Conv3DInfo = tf.backend_util.Conv3DInfo;
type PoolInfo = tf.backend_util.Conv2DInfo | Conv3DInfo;

const geometry = new Int32Array(2 + 3 * 5);

function writeAxis(axis: number, input: number, output: number, window: number, stride: number, paddingFront: number): void {
  const at = 2 + axis * 5;
  geometry[at] = input;
  geometry[at + 1] = output;
  geometry[at + 2] = window;
  geometry[at + 3] = stride;
  geometry[at + 4] = paddingFront;
}

/**
 * Writes what the addon reads, with depth 1 for flat images; false where there is nothing to compute.
 * @param outShape of the result: gradients of TensorFlow.js do not know the rounding mode.
 */
function writeGeometry(info: PoolInfo, outShape: readonly number[]): boolean {
  geometry[0] = info.batchSize;
  geometry[1] = info.inChannels;
  if ("inDepth" in info) writeAxis(0, info.inDepth, outShape[1]!, info.filterDepth, info.strideDepth, (info as Conv3DInfo).padInfo.front);
  else writeAxis(0, 1, 1, 1, 1, 0);
  const [outHeight, outWidth] = outShape.slice(-3) as [number, number];
  writeAxis(1, info.inHeight, outHeight, info.filterHeight, info.strideHeight, info.padInfo.top);
  writeAxis(2, info.inWidth, outWidth, info.filterWidth, info.strideWidth, info.padInfo.left);
  return tf.util.sizeFromShape(info.inShape) > 0 && tf.util.sizeFromShape([...outShape]) > 0;
}

function infoOf(x: tf.TensorInfo, attrs: object): PoolInfo | undefined {
  const { filterSize, strides, pad, dimRoundingMode, dataFormat } = attrs as tf.MaxPool3DAttrs;
  if (x.dtype !== "float32" || dataFormat === "NCDHW") return undefined;
  return x.shape.length === 5
    ? tf.backend_util.computePool3DInfo(x.shape as [number, number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode)
    : tf.backend_util.computePool2DInfo(
        x.shape as [number, number, number, number],
        filterSize as unknown as number,
        strides as unknown as number,
        1,
        pad,
        dimRoundingMode,
      );
}

const pool =
  (kind: "maxPool" | "averagePool"): NativeKernel =>
  ({ inputs, attrs, backend }: KernelArguments) => {
    const { x } = inputs as Inputs<"x">;
    const info = infoOf(x, attrs);
    if (info === undefined || !writeGeometry(info, info.outShape)) return undefined;
    const isSingle = info.filterHeight * info.filterWidth * ("filterDepth" in info ? info.filterDepth : 1) === 1;
    // As TensorFlow.js has it, also where stride and padding would move the cells.
    if (isSingle && tf.util.arraysEqual(info.inShape, info.outShape)) return backend.share(x);
    const values = elementsOf(backend, x);
    const y = takeLike(backend, values, tf.util.sizeFromShape(info.outShape));
    addon<PoolFunctions>()[kind](values, y, geometry);
    return backend.own(info.outShape, "float32", y);
  };

/** Whether the windows of the geometry that was written last overlap along an axis. */
function doWindowsOverlap(axis: number): boolean {
  const [, output, window, stride] = geometry.subarray(2 + axis * 5);
  return stride! < window! && output !== 1;
}

function rounded(backend: KernelArguments["backend"], values: Floats): Uint16Array {
  const bits = backend.takeBf16(values.length);
  addon<PoolFunctions>().round(values, bits);
  backend.pool.give(values);
  return bits;
}

const gradient =
  (kind: "maxPoolGradient" | "averagePoolGradient"): NativeKernel =>
  ({ inputs, attrs, backend }: KernelArguments) => {
    const { dy, input } = inputs as Inputs<"dy" | "input">;
    const info = infoOf(input, attrs);
    if (info === undefined || dy.dtype !== "float32" || !writeGeometry(info, dy.shape)) return undefined;
    const isBf16 = backend.memoryOf(input).isBf16Only;
    // Where windows overlap, shares are added up: in float32.
    const isOverlapping = [0, 1, 2].some(doWindowsOverlap);
    const dx = takeElements(backend, isBf16 && !isOverlapping, tf.util.sizeFromShape(input.shape));
    const functions = addon<PoolFunctions>();
    if (kind === "maxPoolGradient") functions.maxPoolGradient(elementsOf(backend, dy), elementsOf(backend, input), dx, geometry);
    else functions.averagePoolGradient(elementsOf(backend, dy), dx, geometry);
    return backend.own(input.shape, "float32", isBf16 && isOverlapping ? rounded(backend, dx as Floats) : dx);
  };

export const poolKernels: KernelTable = {
  MaxPool: pool("maxPool"),
  MaxPool3D: pool("maxPool"),
  AvgPool: pool("averagePool"),
  AvgPool3D: pool("averagePool"),
  MaxPoolGrad: gradient("maxPoolGradient"),
  MaxPool3DGrad: gradient("maxPoolGradient"),
  AvgPoolGrad: gradient("averagePoolGradient"),
  AvgPool3DGrad: gradient("averagePoolGradient"),

  MaxPoolWithArgmax({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { includeBatchInIndex } = attrs as tf.MaxPoolWithArgmaxAttrs;
    const info = infoOf(x, attrs);
    if (info === undefined || !writeGeometry(info, info.outShape)) return undefined;
    const size = tf.util.sizeFromShape(info.outShape);
    const y = backend.takeFloats(size);
    const positions = backend.take("int32", size) as Int32Array;
    addon<PoolFunctions>().maxPoolWithPositions(backend.floats(x), y, positions, geometry, includeBatchInIndex ? 1 : 0);
    return [backend.own(info.outShape, "float32", y), backend.own(info.outShape, "int32", positions)];
  },
};
