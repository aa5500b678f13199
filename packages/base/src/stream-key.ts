import { SnapfitError } from "./snapfit-error.js";
import { threefry2x32 } from "./threefry.js";

/** The 64-bit key of a random stream, as two uint32 words. */
export type StreamKey = readonly [number, number];

// Second counter words that no stream reaches (a stream's blocks stay below 2^52), so a child's key is never one of its parent's outputs.
const NUMBER_LOW = 0x80000000;
const NUMBER_HIGH = 0x80000001;
const STRING_LENGTH = 0x80000002;
const STRING_UNITS = 0x80000003;

/**
 * The key of the child stream with these names. Folds one name after the other, so `childKey(k, "a", 1)` is `childKey(childKey(k, "a"), 1)`.
 * The number 1 and the string "1" are different names; -0 is 0.
 * @throws SnapfitError `RANDOM_NAME` for a number that is not finite.
 */
export function childKey(key: StreamKey, ...names: readonly (string | number)[]): StreamKey {
  const state = new Uint32Array(key);
  for (const name of names) {
    if (typeof name === "string") foldString(state, name);
    else foldNumber(state, name);
  }
  return [state[0]!, state[1]!];
}

function fold(state: Uint32Array, word: number, tag: number): void {
  threefry2x32(state[0]!, state[1]!, word, tag, state);
}

function foldNumber(state: Uint32Array, value: number): void {
  if (!Number.isFinite(value)) {
    throw new SnapfitError(
      "RANDOM_NAME",
      `A random stream cannot be named or seeded by ${value}. Seeds and numbers in names are finite. Pass a finite number or a string.`,
    );
  }
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value + 0);
  fold(state, bits.getUint32(4), NUMBER_LOW);
  fold(state, bits.getUint32(0), NUMBER_HIGH);
}

function foldString(state: Uint32Array, value: string): void {
  fold(state, value.length, STRING_LENGTH);
  for (let i = 0; i < value.length; i += 2) {
    const next = i + 1 < value.length ? value.charCodeAt(i + 1) : 0;
    fold(state, value.charCodeAt(i) | (next << 16), STRING_UNITS);
  }
}
