/**
 * Bits of one element, by dtype. The order is that of the official library, by rising alignment: payloads lie in a file in
 * the opposite order, which aligns each of them to its element.
 */
const BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** An element type of the format. C64 is a pair of F32; F4, F6 and F8 are kept as raw bytes. */
export type SafetensorsDtype = keyof typeof BITS;

/** Every dtype of the format, by rising alignment. */
export const safetensorsDtypes: readonly SafetensorsDtype[] = Object.keys(BITS) as SafetensorsDtype[];

const RANKS: ReadonlyMap<string, number> = new Map(safetensorsDtypes.map((dtype, rank) => [dtype, rank]));

export function isSafetensorsDtype(text: unknown): text is SafetensorsDtype {
  return typeof text === "string" && RANKS.has(text);
}

/** The place of a dtype in the order of alignment. */
export function alignmentRank(dtype: SafetensorsDtype): number {
  return RANKS.get(dtype)!;
}

export function bitsOf(dtype: SafetensorsDtype): number {
  return BITS[dtype];
}
