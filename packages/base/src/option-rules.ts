import type { OptionCheck } from "./check-options.js";

const isNumber = (value: unknown): value is number => Number.isFinite(value);

export const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

export const anyNumber: OptionCheck = ["a finite number", isNumber];

export const anyObject: OptionCheck = ["an object", isRecord];

export const anyFunction: OptionCheck = ["a function", (value) => typeof value === "function"];

export const trueOrFalse: OptionCheck = ["true or false", (value) => typeof value === "boolean"];

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

export const text: OptionCheck = ["a text that is not empty", isText];

export const folder: OptionCheck = ["a folder", isText];

/** 0 to below 1. */
export const fraction: OptionCheck = ["a number of at least 0 and below 1", (value) => isNumber(value) && value >= 0 && value < 1];

/** A finite number from `min` to `max`. */
export function numberFrom(min: number, max = Infinity): OptionCheck {
  const expected = max === Infinity ? `a finite number of at least ${min}` : `a number from ${min} to ${max}`;
  return [expected, (value) => isNumber(value) && value >= min && value <= max];
}

/** A finite number above `min`, `max` at most. */
export function numberAbove(min: number, max = Infinity): OptionCheck {
  const expected = max === Infinity ? `a finite number above ${min}` : `a number above ${min}, at most ${max}`;
  return [expected, (value) => isNumber(value) && value > min && value <= max];
}

/** A whole number of at least `min`, of those that are exact. */
export function wholeNumberFrom(min: number): OptionCheck {
  return [`a whole number of at least ${min}`, (value) => Number.isSafeInteger(value) && Number(value) >= min];
}

export function oneOf(...values: readonly (string | number | boolean)[]): OptionCheck {
  const words = values.map((value) => JSON.stringify(value));
  const last = words.pop()!;
  return [words.length === 0 ? last : `${words.join(", ")} or ${last}`, (value) => values.includes(value as string)];
}

/** @param length of the list @default any */
export function listOf([expected, holds]: OptionCheck, length?: number): OptionCheck {
  return [
    `a list${length === undefined ? "" : ` of ${length}`}, each ${expected}`,
    (value) => Array.isArray(value) && value.length === (length ?? value.length) && value.every(holds),
  ];
}

/** What one of two rules takes. */
export function either(first: OptionCheck, second: OptionCheck): OptionCheck {
  return [`${first[0]}, or ${second[0]}`, (value) => first[1](value) || second[1](value)];
}
