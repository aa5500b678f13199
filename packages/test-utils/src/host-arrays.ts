import { isHostTensor, type HostTensor, type StateTree } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";

/** Numbers in host memory, row by row. `shape` is undefined for a typed array, which has none. */
export interface HostArray {
  readonly shape: readonly number[] | undefined;
  readonly values: ArrayLike<number>;
}

/** Numbers in any of the forms that tests have, tensors, host tensors, typed arrays, nested arrays, one number, as {@link HostArray}; undefined for anything else. Tensors are read with `dataSync`. */
export function hostArray(value: unknown): HostArray | undefined {
  if (value instanceof tf.Tensor) return { shape: value.shape, values: value.dataSync() };
  if (isHostTensor(value)) return { shape: value.shape, values: value.data };
  if (typeof value === "number") return { shape: [], values: [value] };
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return { shape: undefined, values: value as unknown as ArrayLike<number> };
  return Array.isArray(value) ? nestedArray(value) : undefined;
}

function nestedArray(items: readonly unknown[]): HostArray | undefined {
  const parts = items.map(hostArray);
  const first = parts[0]?.shape;
  const isRegular = parts.every((part) => part?.shape !== undefined && part.shape.join() === first?.join());
  if (!isRegular) return undefined;
  return { shape: [items.length, ...(first ?? [])], values: parts.flatMap((part) => Array.from(part!.values)) };
}

/** A value as a state tree: tensors become host tensors, maps become records, all else stays. */
export function asState(value: unknown): StateTree {
  if (value instanceof tf.Tensor) {
    const dtype = value.dtype as "float32" | "int32" | "bool";
    return { dtype, shape: [...value.shape], data: value.dataSync().slice() } as HostTensor;
  }
  if (isHostTensor(value) || ArrayBuffer.isView(value)) return value as StateTree;
  if (value instanceof Map) return asState(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(asState);
  if (typeof value !== "object" || value === null) return value as StateTree;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asState(item)]));
}

/** The value at an index, in the words of a message: `[1, 2]` of a shape, `[5]` without one. */
export function indexText(index: number, shape: readonly number[] | undefined): string {
  if (shape === undefined) return `[${index}]`;
  const parts: number[] = [];
  for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
    parts.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  return `[${parts.join(", ")}]`;
}
