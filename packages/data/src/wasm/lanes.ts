import { int, vector } from "./instructions.js";
import type { Code } from "./code.js";

/** Values of two vectors in turn, `bytes` each: those of the lower or of the upper halves. */
function interleave(bytes: number, isUpper: boolean): (a: Code, b: Code) => Code {
  const lanes = Array.from({ length: 16 }, (_, i) => {
    const value = Math.floor(i / (2 * bytes)) * bytes + (isUpper ? 8 : 0) + (i % bytes);
    return Math.floor(i / bytes) % 2 === 0 ? value : 16 + value;
  });
  return (a, b) => vector.shuffle(a, b, lanes);
}

export const low8 = interleave(1, false);
export const high8 = interleave(1, true);
export const low16 = interleave(2, false);
export const high16 = interleave(2, true);
export const low32 = interleave(4, false);
export const high32 = interleave(4, true);

/** Two int16 in turn in all lanes. */
export function pairs(first: number, second: number): Code {
  return vector.splat32(int.constant((second << 16) | (first & 0xffff)));
}
