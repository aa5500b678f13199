import type { HostTensor } from "./host-tensor.js";

/**
 * State as plain data: what `saveState()` returns and checkpoints hold. Leaves are exact: NaN, infinities, -0 and int64 (bigint) survive.
 * Typed arrays and host tensors are leaves.
 */
export type StateTree = StateLeaf | readonly StateTree[] | { readonly [key: string]: StateTree };
/** A leaf of a {@link StateTree}. */
export type StateLeaf = null | boolean | number | bigint | string | StateArray | HostTensor;
/** Typed arrays that state may hold. */
export type StateArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;
/** A state tree whose root is a record: one package's or object's entry. */
export type StateRecord = { readonly [key: string]: StateTree };
