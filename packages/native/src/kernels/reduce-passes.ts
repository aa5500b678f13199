import * as tf from "@tensorflow/tfjs";
import type { NativeBackend } from "../native-backend.js";

/** `[outer, count, inner]`: what lies before the axes of a pass, along them and behind them. */
const sizes = new Int32Array(3);

/** How a reduction goes. */
export interface Plan {
  /** Neighbouring dims that are all kept or all reduced, as one. */
  readonly groups: { size: number; isReduced: boolean }[];
  readonly shape: number[];
  readonly numReduced: number;
}

/** @param axis one or more, negative ones from the end */
export function planReduction(shape: readonly number[], axis: number | number[], keepDims: boolean): Plan {
  const axes = tf.util.parseAxisParam(axis, shape as number[]);
  const groups: Plan["groups"] = [];
  const kept: number[] = [];
  let numReduced = 1;
  for (let dim = 0; dim < shape.length; dim++) {
    const size = shape[dim]!;
    const isReduced = axes.includes(dim);
    if (isReduced) numReduced *= size;
    if (!isReduced) kept.push(size);
    else if (keepDims) kept.push(1);
    const last = groups.at(-1);
    if (size === 1) continue;
    if (last?.isReduced === isReduced) last.size *= size;
    else groups.push({ size, isReduced });
  }
  return { groups, shape: kept, numReduced };
}

/** Takes one group of axes after the other away, the last first. `pass` gets the values, which it must not keep, and how they lie. */
export function reduceInPasses<V extends Float32Array | Int32Array | Uint8Array | Uint16Array>(
  backend: NativeBackend,
  x: V,
  { groups }: Plan,
  pass: (x: V, sizes: Int32Array, isLast: boolean) => V,
): V {
  let values = x;
  for (let group = groups.length - 1; group >= 0; group--) {
    if (!groups[group]!.isReduced) continue;
    let [outer, inner] = [1, 1];
    for (let other = 0; other < groups.length; other++) {
      if (other < group) outer *= groups[other]!.size;
      // Reduced ones behind this are gone.
      else if (other > group && !groups[other]!.isReduced) inner *= groups[other]!.size;
    }
    sizes[0] = outer;
    sizes[1] = groups[group]!.size;
    sizes[2] = inner;
    const reduced = pass(values, sizes, group < 2);
    if (values !== x) backend.pool.give(values);
    values = reduced;
  }
  return values;
}
