import { hostTensor, type HostTensor } from "@snapfit/base";

/** The transpose of a tensor: axis `i` of the result is axis `axes[i]` of the tensor. */
export function permute({ data, shape, dtype }: HostTensor, axes: readonly number[]): HostTensor {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const lengths = axes.map((axis) => shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  const result = data.slice();
  const index = axes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    // To the next element of the result: the last axis moves on, and carries over.
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < lengths[axis]!) break;
      from -= steps[axis]! * lengths[axis]!;
      index[axis] = 0;
    }
  }
  return hostTensor(result, lengths, dtype);
}

/** The order of axes that undoes another. */
export function inverseAxes(axes: readonly number[]): number[] {
  return axes.map((_, axis) => axes.indexOf(axis));
}

/** The same values in another shape, not copied. @throws SnapfitError `SHAPE_MISMATCH` if it does not hold them. */
export function reshape({ data, dtype }: HostTensor, shape: readonly number[]): HostTensor {
  return hostTensor(data, shape, dtype);
}
