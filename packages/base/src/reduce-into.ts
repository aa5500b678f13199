import type { ReducibleArray, ReduceOp } from "./process-group.js";

/**
 * Combines `part` into `target`, element by element, in the precision of the array: called for ranks 0, 1, 2, … (the first with `"copy"`)
 * it gives each rank the same bits. Sums of int32 wrap around; NaN wins in `max` and `min`.
 */
export function reduceInto(target: ReducibleArray, part: ReducibleArray, op: ReduceOp | "copy"): void {
  const { length } = target;
  if (op === "copy") target.set(part);
  else if (op === "sum") for (let i = 0; i < length; i++) target[i] = target[i]! + part[i]!;
  else if (op === "max") for (let i = 0; i < length; i++) target[i] = Math.max(target[i]!, part[i]!);
  else for (let i = 0; i < length; i++) target[i] = Math.min(target[i]!, part[i]!);
}
