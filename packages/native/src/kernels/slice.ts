import * as tf from "@tensorflow/tfjs";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import { canMove, copyOf, sizeOf, storedArray, stridedCopy, stridesOf, takeLike } from "./strided-copy.js";

type Backend = KernelArguments["backend"];

/** Every `steps[i]`th element from `begin` on, `counts` of them, under another shape of the same size. */
function section(
  backend: Backend,
  x: tf.TensorInfo,
  {
    begin,
    counts,
    steps,
    shape = counts,
  }: { begin: readonly number[]; counts: readonly number[]; steps?: readonly number[]; shape?: readonly number[] },
): tf.TensorInfo | undefined {
  const strides = stridesOf(x.shape);
  const fromOffset = strides.reduce((sum, stride, axis) => sum + stride * begin[axis]!, 0);
  const from = steps === undefined ? strides : strides.map((stride, axis) => stride * steps[axis]!);
  return copyOf(backend, x, shape, { counts, from, fromOffset });
}

/** Sections along one axis, each of the length given; undefined where they are not for us. */
function sections(
  backend: Backend,
  x: tf.TensorInfo,
  axis: number,
  lengths: readonly number[],
  shapeOf: (length: number) => number[],
): tf.TensorInfo[] | undefined {
  if (!canMove([x], 0)) return undefined;
  const source = storedArray(backend, x);
  const outer = sizeOf(x.shape.slice(0, axis));
  const inner = sizeOf(x.shape.slice(axis + 1));
  let fromOffset = 0;
  return lengths.map((length) => {
    const width = length * inner;
    const part = takeLike(backend, source, outer * width);
    stridedCopy(source, part, { counts: [outer, width], from: [x.shape[axis]! * inner, 1], fromOffset });
    fromOffset += width;
    return backend.own(shapeOf(length), x.dtype, part);
  });
}

export const sliceKernels: KernelTable = {
  /** Always a copy: a view would tie the memory of two tensors together. */
  Slice({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { begin, size } = attrs as tf.SliceAttrs;
    const [first, counts] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
    tf.slice_util.assertParamsValid(x, first, counts);
    return section(backend, x, { begin: first, counts });
  },

  StridedSlice({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attrs as tf.StridedSliceAttrs;
    const info = tf.slice_util.sliceInfo(x.shape, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask);
    if (info.isIdentity && x.dtype !== "complex64") return backend.share(x, info.finalShape);
    const counts = tf.slice_util.computeOutShape(info.begin, info.end, info.strides).map((count) => Math.max(0, count));
    return section(backend, x, { begin: info.begin, counts, steps: info.strides, shape: info.finalShape });
  },

  SplitV({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { numOrSizeSplits, axis } = attrs as tf.SplitVAttrs;
    const along = tf.util.parseAxisParam(axis, x.shape)[0]!;
    const lengths = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along);
    return sections(backend, x, along, lengths, (length) => x.shape.map((full, i) => (i === along ? length : full)));
  },

  Unpack({ inputs, attrs, backend }) {
    const { value } = inputs as Inputs<"value">;
    const axis = tf.util.parseAxisParam((attrs as tf.UnpackAttrs).axis, value.shape)[0]!;
    const shape = value.shape.filter((_, i) => i !== axis);
    const ones = new Array<number>(value.shape[axis]!).fill(1);
    return sections(backend, value, axis, ones, () => shape);
  },
};
