import { nearestName, SnapfitError } from "@snapfit/base";
import type { OptimErrorCode } from "./optim-error-code.js";

/** What one option must be: in words, and as a test. */
export interface OptionCheck {
  /** Completes the sentence "Expected …". */
  readonly expected: string;
  holds(value: unknown): boolean;
}

/** A finite number from `min` to `max`; without `max`, of any size. `isOpen` leaves the end at `max` out. */
export function numberFrom(min: number, max = Infinity, isOpen = false): OptionCheck {
  const range = max === Infinity ? `of at least ${min}` : isOpen ? `from ${min} up to, but not, ${max}` : `from ${min} to ${max}`;
  return {
    expected: `a finite number ${range}`,
    holds: (value) => typeof value === "number" && Number.isFinite(value) && value >= min && (isOpen ? value < max : value <= max),
  };
}

/** A finite number above 0. */
export const positiveNumber: OptionCheck = {
  expected: "a finite number above 0",
  holds: (value) => typeof value === "number" && Number.isFinite(value) && value > 0,
};

/** At least one whole number above 0, each larger than the one before. */
export const risingCounts: OptionCheck = {
  expected: "an array of rising whole numbers above 0",
  holds: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((count, i) => Number.isSafeInteger(count) && count > (i === 0 ? 0 : value[i - 1])),
};

/** A whole number of at least `min`. */
export function wholeNumberFrom(min: number): OptionCheck {
  return { expected: `a whole number of at least ${min}`, holds: (value) => Number.isSafeInteger(value) && (value as number) >= min };
}

/** One of some strings or booleans. */
export function oneOf(...values: readonly (string | boolean)[]): OptionCheck {
  return { expected: values.map((value) => JSON.stringify(value)).join(" or "), holds: (value) => values.includes(value as string) };
}

/** A string with at least one character. */
export const nonEmptyString: OptionCheck = {
  expected: "a string that is not empty",
  holds: (value) => typeof value === "string" && value !== "",
};

/** A function. */
export const anyFunction: OptionCheck = { expected: "a function", holds: (value) => typeof value === "function" };

/** An object, whose own options are checked by themselves. */
export const anyObject: OptionCheck = {
  expected: "an object",
  holds: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

/** An array. */
export const anyArray: OptionCheck = { expected: "an array", holds: Array.isArray };

/**
 * Checks an options object when its owner is built. An option that is `undefined` counts as left out.
 * @param owner how the caller writes it, such as `adamW` or `adamW groups[0]`. @param required names that must be there.
 * @throws SnapfitError `OPTION_UNKNOWN` with the nearest known name, or `OPTION_INVALID` with the value received.
 */
export function checkOptions(
  owner: string,
  options: object,
  checks: Readonly<Record<string, OptionCheck>>,
  required: readonly string[] = [],
): void {
  if (typeof options !== "object" || options === null) {
    throw invalidOption(`${owner} got ${show(options)} as options.`, "Expected an object such as { learningRate: 0.001 }.");
  }
  const known = Object.keys(checks);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) throw unknownOption(owner, name, known);
    if (value !== undefined && !check.holds(value))
      throw invalidOption(`Option ${name} of ${owner} is ${show(value)}.`, `Expected ${check.expected}.`);
  }
  for (const name of required) {
    if ((options as Record<string, unknown>)[name] === undefined) {
      throw invalidOption(`Option ${name} of ${owner} is missing.`, `Expected ${checks[name]?.expected}; give it.`);
    }
  }
}

/** A SnapfitError `OPTION_INVALID`. */
export function invalidOption(happened: string, expected: string): SnapfitError {
  return new SnapfitError<OptimErrorCode>("OPTION_INVALID", `${happened} ${expected}`);
}

function unknownOption(owner: string, name: string, known: readonly string[]): SnapfitError {
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
  return new SnapfitError<OptimErrorCode>("OPTION_UNKNOWN", `${owner} has no option "${name}".${hint} It takes ${known.join(", ")}.`);
}

/** A value as an error message shows it: short, strings in quotes. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
