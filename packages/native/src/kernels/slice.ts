import * as tf from "@tensorflow/tfjs";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import { copyOf, stridesOf } from "./strided-copy.js";

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

/** Sections along one axis, each of the length given; undefined if one of them is not for us, which then holds for all. */
function sections(
  backend: Backend,
  x: tf.TensorInfo,
  axis: number,
  lengths: readonly number[],
  shapeOf: (counts: number[]) => number[],
): tf.TensorInfo[] | undefined {
  const begin = x.shape.map(() => 0);
  const parts: tf.TensorInfo[] = [];
  for (const length of lengths) {
    const counts = x.shape.map((full, i) => (i === axis ? length : full));
    const part = section(backend, x, { begin, counts, shape: shapeOf(counts) });
    if (part === undefined) return undefined;
    parts.push(part);
    begin[axis]! += length;
  }
  return parts;
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
    return sections(backend, x, along, lengths, (counts) => counts);
  },

  Unpack({ inputs, attrs, backend }) {
    const { value } = inputs as Inputs<"value">;
    const axis = tf.util.parseAxisParam((attrs as tf.UnpackAttrs).axis, value.shape)[0]!;
    const shape = value.shape.filter((_, i) => i !== axis);
    const ones = new Array<number>(value.shape[axis]!).fill(1);
    return sections(backend, value, axis, ones, () => shape);
  },
};
