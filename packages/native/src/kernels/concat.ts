import * as tf from "@tensorflow/tfjs";
import type { NativeBackend } from "../native-backend.js";
import type { KernelTable } from "../kernel.js";
import { canMove, sizeOf, storedArray, stridedCopy, takeLike } from "./strided-copy.js";

/** Puts tensors that are [outer, anything] side by side along their second axis. */
function sideBySide(
  backend: NativeBackend,
  tensors: readonly tf.TensorInfo[],
  outer: number,
  shape: readonly number[],
): tf.TensorInfo | undefined {
  const { dtype } = tensors[0]!;
  const size = sizeOf(shape);
  if (!canMove(tensors, size) || tensors.some((tensor) => tensor.dtype !== dtype)) return undefined;
  const areBf16 = tensors.every((tensor) => backend.memoryOf(tensor).isBf16Only);
  const sources = tensors.map((tensor) => (areBf16 ? storedArray(backend, tensor) : (backend.memoryOf(tensor).values as Float32Array)));
  const target = takeLike(backend, sources[0]!, size);
  const rowLength = size / outer;
  let toOffset = 0;
  for (const source of sources) {
    const width = source.length / outer;
    stridedCopy(source, target, { counts: [outer, width], from: [width, 1], to: [rowLength, 1], toOffset });
    toOffset += width;
  }
  return backend.own(shape, dtype, target);
}

export const concatKernels: KernelTable = {
  Concat({ inputs, attrs, backend }) {
    const tensors = Object.values(inputs as Record<string, tf.TensorInfo>);
    const axis = tf.util.parseAxisParam((attrs as tf.ConcatAttrs).axis, tensors[0]!.shape)[0]!;
    const shapes = tensors.map((tensor) => tensor.shape);
    tf.backend_util.assertParamsConsistent(shapes, axis);
    const filled = tensors.filter((tensor) => sizeOf(tensor.shape) > 0);
    // Strings, complex numbers and empty results.
    if (filled.length === 0 || !canMove(tensors, 0)) return undefined;
    if (filled.length === 1) return backend.share(filled[0]!);
    const shape = tf.backend_util.computeOutShape(shapes, axis);
    return sideBySide(backend, filled, sizeOf(shape.slice(0, axis)), shape);
  },

  Pack({ inputs, attrs, backend }) {
    const tensors = Object.values(inputs as Record<string, tf.TensorInfo>);
    const first = tensors[0]!;
    for (const tensor of tensors) {
      tf.util.assertShapesMatch(first.shape, tensor.shape, "All tensors passed to stack must have matching shapes");
      tf.util.assert(first.dtype === tensor.dtype, () => "All tensors passed to stack must have matching dtypes");
    }
    let { axis } = attrs as tf.PackAttrs;
    if (axis < 0) axis += first.shape.length + 1;
    const shape = [...first.shape.slice(0, axis), tensors.length, ...first.shape.slice(axis)];
    if (sizeOf(shape) === 0 || !canMove(tensors, 0)) return undefined;
    if (tensors.length === 1) return backend.share(first, shape);
    return sideBySide(backend, tensors, sizeOf(shape.slice(0, axis)), shape);
  },
};
