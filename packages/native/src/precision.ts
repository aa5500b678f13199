import { SnapfitError } from "@snapfit/base";
import { addon } from "./addon.js";

/** Number format in which products, convolutions, recurrent layers and attention multiply; sums are float32 in both. */
export type Precision = "f32" | "bf16";

/** What was chosen, and a sentence on why. */
export interface PrecisionChoice {
  readonly precision: Precision;
  readonly reason: string;
}

interface Bf16Functions {
  bf16Speed(): number;
}

/** bfloat16 has to pay for the conversions too. */
const leastSpeedUp = 1.3;
let current: Precision = "f32";
let measured: number | undefined;

/**
 * Switches the native engine's precision from here on. Tensors stay float32 for everyone who reads them; under `bf16` the results of products and
 * convolutions, and of what follows them directly, lie in half the memory. `auto` takes bf16 where a measurement of about 10 ms, made
 * once in a process, shows it to be faster here. A processor that has no bfloat16 at all, and an engine that did not load, stay with f32 in any case,
 * and the reason says so.
 * @throws SnapfitError `OPTION_INVALID`
 */
export function setPrecision(wanted: Precision | "auto"): PrecisionChoice {
  if (wanted !== "f32" && wanted !== "bf16" && wanted !== "auto")
    throw new SnapfitError("OPTION_INVALID", `The precision is ${JSON.stringify(wanted)}. Expected "f32", "bf16" or "auto".`);
  if (wanted === "f32") {
    current = wanted;
    return { precision: wanted, reason: "f32, as asked" };
  }
  const { bf16Speed } = addon<Partial<Bf16Functions>>();
  if (bf16Speed === undefined) return { precision: current, reason: `${current}: the native engine did not load` };
  measured ??= bf16Speed();
  if (wanted === "bf16" && measured > 0) {
    current = wanted;
    return { precision: wanted, reason: "bf16, as asked" };
  }
  current = measured >= leastSpeedUp ? "bf16" : "f32";
  const rate = measured === 0 ? "this processor has no bf16" : `bf16 products run at ${measured.toFixed(1)} times the speed of f32 here`;
  return { precision: current, reason: `${current}: ${rate}` };
}

/** Whether products, convolutions, recurrent layers and attention are to multiply in bfloat16 now. */
export function isBf16(): boolean {
  return current === "bf16";
}
