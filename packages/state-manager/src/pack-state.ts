import { isStateTensor, type HostDType, type HostTensor, type StateArray, type StateRecord, type StateTree } from "@snapfit/base";
import type { SafetensorsDtype, SafetensorsTensor } from "@snapfit/safetensors";
import { stateManagerError } from "./state-manager-error.js";

/** A state whose arrays stand apart, as tensors of a safetensors file. */
export interface PackedState {
  /** The state with null in place of each array. */
  readonly skeleton: StateRecord;
  /** The arrays by their place: keys and indices joined by `/`; `~` and `/` within a key are `~0` and `~1`, as in a JSON pointer. */
  readonly arrays: ReadonlyMap<string, SafetensorsTensor>;
  /** Which of them are typed arrays; the others are host tensors. */
  readonly plain: readonly string[];
}

const DTYPES = { float32: "F32", int32: "I32", uint8: "U8", bool: "BOOL" } as const satisfies Record<HostDType, SafetensorsDtype>;
const PLAIN = new Map<SafetensorsDtype, new (buffer: ArrayBufferLike, offset: number, length: number) => StateArray>([
  ["F32", Float32Array],
  ["F64", Float64Array],
  ["I32", Int32Array],
  ["U32", Uint32Array],
  ["U8", Uint8Array],
]);
const TENSORS = new Map<SafetensorsDtype, HostDType>(Object.entries(DTYPES).map(([dtype, stored]) => [stored, dtype as HostDType]));

/** Takes the arrays out of a state. They are not copied. */
export function packState(state: StateRecord): PackedState {
  const arrays = new Map<string, SafetensorsTensor>();
  const plain: string[] = [];
  const visit = (value: StateTree, place: string): StateTree => {
    if (typeof value !== "object" || value === null) return value;
    if (ArrayBuffer.isView(value)) {
      const dtype = [...PLAIN].find(([, Type]) => value instanceof Type)![0];
      arrays.set(place, { dtype, shape: [value.length], bytes: bytesOf(value) });
      plain.push(place);
      return null;
    }
    if (isStateTensor(value)) {
      arrays.set(place, { dtype: DTYPES[value.dtype], shape: value.shape, bytes: bytesOf(value.data) });
      return null;
    }
    const below = (key: string | number): string => (place === "" ? escaped(key) : `${place}/${escaped(key)}`);
    if (Array.isArray(value)) return value.map((item: StateTree, index) => visit(item, below(index)));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item, below(key))]));
  };
  return { skeleton: visit(state, "") as StateRecord, arrays, plain };
}

/**
 * The inverse of {@link packState}; the arrays look at the same memory. The skeleton is changed: it becomes the state.
 * @throws SnapfitError `CHECKPOINT_DAMAGED` where an array has no place, or a dtype that no state has.
 */
export function unpackState({ skeleton, arrays, plain }: PackedState): StateRecord {
  const isPlain = new Set(plain);
  for (const [place, tensor] of arrays) {
    const keys = place.split("/").map(unescaped);
    const last = keys.pop()!;
    // Own properties only: a hostile place such as "__proto__/x" must not reach what all objects share.
    const at = keys.reduce<StateTree | undefined>((tree, key) => ownEntry(tree, key), skeleton);
    if (ownEntry(at, last) !== null) throw misplaced(place, "which the state has no place for");
    (at as Record<string, StateTree>)[last] = isPlain.has(place) ? typedArray(tensor, place) : hostTensorOf(tensor, place);
  }
  return skeleton;
}

/** A tensor of a file as a host tensor that looks at the same memory. @throws SnapfitError `CHECKPOINT_DAMAGED` for a dtype that no host tensor has. */
export function hostTensorOf(tensor: SafetensorsTensor, name: string): HostTensor {
  const dtype = TENSORS.get(tensor.dtype);
  if (dtype === undefined) throw misplaced(name, `of dtype ${tensor.dtype}, which no weight has`);
  const data = typedArray(dtype === "bool" ? { ...tensor, dtype: "U8" } : tensor, name);
  return { dtype, shape: [...tensor.shape], data } as HostTensor;
}

function ownEntry(tree: StateTree | undefined, key: string): StateTree | undefined {
  return typeof tree === "object" && tree !== null && Object.hasOwn(tree, key) ? (tree as StateRecord)[key] : undefined;
}

function misplaced(place: string, what: string): Error {
  return stateManagerError(
    "CHECKPOINT_DAMAGED",
    `The checkpoint holds an array "${place}", ${what}. Expected what the state manager wrote. Take an earlier checkpoint.`,
  );
}

function typedArray({ dtype, bytes }: SafetensorsTensor, place: string): StateArray {
  const Type = PLAIN.get(dtype);
  if (Type === undefined) throw misplaced(place, `of dtype ${dtype}, which no state has`);
  const { BYTES_PER_ELEMENT: size } = Type as unknown as { BYTES_PER_ELEMENT: number };
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new Type(aligned.buffer, aligned.byteOffset, aligned.length / size);
}

function bytesOf({ buffer, byteOffset, byteLength }: StateArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function escaped(key: string | number): string {
  return String(key).replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The key of a place. */
export function unescaped(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}
