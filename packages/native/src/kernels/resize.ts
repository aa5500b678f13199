import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { PooledArray } from "../buffer-pool.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { canMove, sizeOf, storedArray, takeLike } from "./strided-copy.js";

type Resize<Arrays> = (x: Arrays, to: Arrays, ...tablesAndGeometry: (Int32Array | Float32Array)[]) => void;

interface ResizeFunctions {
  resizeNearest: Resize<PooledArray>;
  resizeNearestGrad: Resize<Float32Array>;
  resizeBilinear: Resize<Float32Array>;
  resizeBilinearGrad: Resize<Float32Array>;
}

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

type ImageShape = readonly [batch: number, height: number, width: number, channels: number];

const spread = (size: number, sourceSize: number, alignCorners: boolean): number =>
  alignCorners && size > 1 ? (sourceSize - 1) / (size - 1) : sourceSize / size;

/** The source index of each of `size` outputs along one axis of `sourceSize` inputs. */
function nearestTable(size: number, sourceSize: number, { alignCorners, halfPixelCenters }: ResizeAttributes): Int32Array {
  const step = spread(size, sourceSize, alignCorners);
  const round = alignCorners ? Math.round : Math.floor;
  return Int32Array.from({ length: size }, (_, i) => Math.min(sourceSize - 1, round(step * (halfPixelCenters ? i + 0.5 : i))));
}

/** For each output the source index below, then those above, and how far it is from the one below. */
function linearTables(size: number, sourceSize: number, { alignCorners, halfPixelCenters }: ResizeAttributes): [Int32Array, Float32Array] {
  const step = spread(size, sourceSize, alignCorners);
  const sources = new Int32Array(2 * size);
  const fractions = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const source = Math.min(sourceSize - 1, Math.max(0, halfPixelCenters ? (i + 0.5) * step - 0.5 : i * step));
    sources[i] = Math.floor(source);
    sources[size + i] = Math.ceil(source);
    fractions[i] = source - Math.floor(source);
  }
  return [sources, fractions];
}

const sizesOf = (images: ImageShape, [height, width]: readonly [number, number]): Int32Array => Int32Array.of(...images, height, width);

export const resizeKernels: KernelTable = {
  ResizeNearestNeighbor({ inputs, attrs, backend }) {
    const { images } = inputs as Inputs<"images">;
    const { size, ...rules } = attrs as tf.ResizeNearestNeighborAttrs;
    const [batch, height, width, channels] = images.shape as unknown as ImageShape;
    const shape = [batch, ...size, channels];
    if (!canMove([images], sizeOf(shape)) || sizeOf(images.shape) === 0) return undefined;
    const source = storedArray(backend, images);
    const target = takeLike(backend, source, sizeOf(shape));
    const [rows, columns] = [nearestTable(size[0], height, rules), nearestTable(size[1], width, rules)];
    addon<ResizeFunctions>().resizeNearest(source, target, rows, columns, sizesOf([batch, height, width, channels], size));
    return backend.own(shape, images.dtype, target);
  },

  ResizeNearestNeighborGrad({ inputs, attrs, backend }) {
    const { images, dy } = inputs as Inputs<"images" | "dy">;
    const shape = images.shape as unknown as ImageShape;
    const size = dy.shape.slice(1, 3) as [number, number];
    if (dy.dtype !== "float32" || !canMove([images, dy], 0) || sizeOf(shape) === 0) return undefined;
    const dx = backend.takeFloats(sizeOf(shape));
    const rules = attrs as ResizeAttributes;
    const [rows, columns] = [nearestTable(size[0], shape[1], rules), nearestTable(size[1], shape[2], rules)];
    addon<ResizeFunctions>().resizeNearestGrad(backend.floats(dy), dx, rows, columns, sizesOf(shape, size));
    return backend.own(shape, "float32", dx);
  },

  ResizeBilinear({ inputs, attrs, backend }) {
    const { images } = inputs as Inputs<"images">;
    const { size, ...rules } = attrs as tf.ResizeBilinearAttrs;
    const [batch, height, width, channels] = images.shape as unknown as ImageShape;
    const shape = [batch, ...size, channels];
    if (images.dtype !== "float32" || !canMove([images], sizeOf(shape)) || sizeOf(images.shape) === 0) return undefined;
    const target = backend.takeFloats(sizeOf(shape));
    const tables = [...linearTables(size[0], height, rules), ...linearTables(size[1], width, rules)];
    addon<ResizeFunctions>().resizeBilinear(backend.floats(images), target, ...tables, sizesOf([batch, height, width, channels], size));
    return backend.own(shape, "float32", target);
  },

  ResizeBilinearGrad({ inputs, attrs, backend }) {
    const { images, dy } = inputs as Inputs<"images" | "dy">;
    const shape = images.shape as unknown as ImageShape;
    const size = dy.shape.slice(1, 3) as [number, number];
    if (dy.dtype !== "float32" || !canMove([images, dy], 0) || sizeOf(shape) === 0) return undefined;
    const dx = backend.takeFloats(sizeOf(shape));
    const rules = attrs as ResizeAttributes;
    const tables = [...linearTables(size[0], shape[1], rules), ...linearTables(size[1], shape[2], rules)];
    addon<ResizeFunctions>().resizeBilinearGrad(backend.floats(dy), dx, ...tables, sizesOf(shape, size));
    return backend.own(shape, "float32", dx);
  },
};
