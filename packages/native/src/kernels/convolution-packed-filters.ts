import { addon } from "../addon.js";
import type { TensorMemory } from "../tensor-memory.js";
import { type ConvolutionPass, convolutionPasses } from "./convolution-geometry.js";

interface PackingFunctions {
  filterLayout(geometry: Int32Array, pass: number, hasBias: number, lengthAndLayout: Float64Array): void;
}

/** A copy of a filter in a layout of oneDNN. */
export interface PackedFilter {
  readonly floats: Float32Array;
  /** Version of the filter that it holds: set when it is filled. */
  version: number;
}

interface Packings {
  version: number;
  /** Passes that met this version of the filter, one bit each. */
  passes: number;
  readonly byLayout: Map<number, PackedFilter>;
}

/** Layouts kept for one filter: forward and backward, of a full and of a last batch. */
const mostLayouts = 4;
const packings = new WeakMap<TensorMemory, Packings>();
const lengthAndLayout = new Float64Array(2);

/**
 * Where a packed filter is kept, from the second use of the same values in the same pass on: a plain training step uses each once and keeps nothing,
 * while validation, inference and accumulated gradients pack once. Undefined: the addon packs into scratch memory, or need not pack.
 */
export function packedFilter(
  filter: TensorMemory,
  geometry: Int32Array,
  pass: ConvolutionPass,
  hasBias: boolean,
): PackedFilter | undefined {
  const passNumber = convolutionPasses.indexOf(pass);
  const bit = 1 << passNumber;
  const { version } = filter;
  const known = packings.get(filter);
  if (known === undefined) {
    packings.set(filter, { version, passes: bit, byLayout: new Map() });
    return undefined;
  }
  if (known.version !== version) {
    // What the last version did not use is of no more use: validation is over.
    for (const [layout, packed] of known.byLayout) if (packed.version !== known.version) known.byLayout.delete(layout);
    known.version = version;
    known.passes = bit;
    return undefined;
  }
  if ((known.passes & bit) === 0) {
    known.passes |= bit;
    return undefined;
  }
  addon<PackingFunctions>().filterLayout(geometry, passNumber, hasBias ? 1 : 0, lengthAndLayout);
  const [length, layout] = lengthAndLayout as unknown as readonly [number, number];
  if (length === 0) return undefined;
  const { byLayout } = known;
  let packed = byLayout.get(layout);
  if (packed === undefined) {
    packed = { floats: new Float32Array(length), version: -1 };
    byLayout.set(layout, packed);
    if (byLayout.size > mostLayouts) byLayout.delete(byLayout.keys().next().value!);
  }
  return packed;
}
