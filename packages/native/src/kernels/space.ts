import * as tf from "@tensorflow/tfjs";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import { padded } from "./pad.js";
import { copyOf, sizeOf, stridesOf } from "./strided-copy.js";

type Backend = KernelArguments["backend"];

/** `x`, seen as a tensor of shape `seenAs`, with its axes exchanged, seen as a tensor of shape `shape`. */
function permuted(
  backend: Backend,
  x: tf.TensorInfo,
  { seenAs, axes, shape }: { seenAs: readonly number[]; axes: readonly number[]; shape: readonly number[] },
): tf.TensorInfo | undefined {
  const strides = stridesOf(seenAs);
  return copyOf(backend, x, shape, { counts: axes.map((axis) => seenAs[axis]!), from: axes.map((axis) => strides[axis]!) });
}

export const spaceKernels: KernelTable = {
  DepthToSpace({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { blockSize, dataFormat } = attrs as tf.DepthToSpaceAttrs;
    if (dataFormat !== "NHWC") return undefined;
    const [batch, height, width, depth] = x.shape as [number, number, number, number];
    const outDepth = depth / (blockSize * blockSize);
    return permuted(backend, x, {
      seenAs: [batch, height, width, blockSize, blockSize, outDepth],
      axes: [0, 1, 3, 2, 4, 5],
      shape: [batch, height * blockSize, width * blockSize, outDepth],
    });
  },

  SpaceToBatchND({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { blockShape, paddings } = attrs as tf.SpaceToBatchNDAttrs;
    const perAxis = x.shape.map((_, axis): [number, number] => (paddings[axis - 1] as [number, number] | undefined) ?? [0, 0]);
    const wide = padded(backend, x, perAxis, 0);
    if (wide === undefined) return undefined;
    const block = sizeOf(blockShape);
    const seenAs = tf.backend_util.getReshaped(wide.shape, blockShape, block, false);
    const result = permuted(backend, wide, {
      seenAs,
      axes: tf.backend_util.getPermuted(seenAs.length, blockShape.length, false),
      shape: tf.backend_util.getReshapedPermuted(wide.shape, blockShape, block, false),
    });
    backend.disposeIntermediateTensorInfo(wide);
    return result;
  },

  BatchToSpaceND({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { blockShape, crops } = attrs as tf.BatchToSpaceNDAttrs;
    const block = sizeOf(blockShape);
    const seenAs = tf.backend_util.getReshaped(x.shape, blockShape, block);
    const shape = tf.backend_util.getReshapedPermuted(x.shape, blockShape, block);
    const whole = permuted(backend, x, { seenAs, axes: tf.backend_util.getPermuted(seenAs.length, blockShape.length), shape });
    if (whole === undefined || crops.every(([before, after]) => before === 0 && after === 0)) return whole;
    const isCropped = (axis: number): boolean => axis > 0 && axis <= blockShape.length;
    const begin = shape.map((_, axis) => (isCropped(axis) ? crops[axis - 1]![0]! : 0));
    const counts = shape.map((length, axis) => (isCropped(axis) ? length - crops[axis - 1]![0]! - crops[axis - 1]![1]! : length));
    const strides = stridesOf(shape);
    const fromOffset = begin.reduce((sum, first, axis) => sum + first * strides[axis]!, 0);
    const result = copyOf(backend, whole, counts, { counts, from: strides, fromOffset });
    backend.disposeIntermediateTensorInfo(whole);
    return result;
  },
};
