import { nearestName, SnapfitError } from "@snapfit/base";

/** What an option's value may be: whether it is right, and the words for it. */
export interface Rule {
  readonly isRight: (value: unknown) => boolean;
  readonly expected: string;
}

/** Checks options by name. An option that is undefined was left out, unless `required` names it. @throws SnapfitError `IMAGE_OPTIONS` */
export function checkOptions(
  transform: string,
  options: object,
  rules: Readonly<Record<string, Rule>>,
  required: readonly string[] = [],
): void {
  const names = Object.keys(rules);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(rules, name)) continue;
    const near = nearestName(name, names);
    throw new SnapfitError(
      "IMAGE_OPTIONS",
      `${transform}() has no option "${name}".${near === undefined ? "" : ` Did you mean "${near}"?`} It has ${names.join(", ")}.`,
    );
  }
  for (const [name, { isRight, expected }] of Object.entries(rules)) {
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined ? !required.includes(name) : isRight(value)) continue;
    throw new SnapfitError("IMAGE_OPTIONS", `${transform}() got ${name}: ${textOf(value)}. It is ${expected}. Change the option.`);
  }
}

const textOf = (value: unknown): string => (Array.isArray(value) ? `[${value.map(String).join(", ")}]` : String(value));

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

const isSide = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;

/** @param test of each of `length` numbers (any number of them where it is left out) */
export function listOf(value: unknown, test: (each: number) => boolean, length?: number): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    (length ?? value.length) === value.length &&
    value.every((each) => isNumber(each) && test(each))
  );
}

/** A number with bounds. */
export const numberRule = (test: (value: number) => boolean, expected: string): Rule => ({
  isRight: (value) => isNumber(value) && test(value),
  expected,
});

/** Two numbers [low, high] within bounds, the first no greater. */
export const rangeRule = (test: (each: number) => boolean, expected: string): Rule => ({
  isRight: (value) => listOf(value, test, 2) && (value as number[])[0]! <= (value as number[])[1]!,
  expected: `[low, high]: ${expected}`,
});

/** A number or a range, each with its bounds. */
export const eitherRule = (first: Rule, second: Rule): Rule => ({
  isRight: (value) => first.isRight(value) || second.isRight(value),
  expected: `${first.expected}, or ${second.expected}`,
});

/** One of some words. */
export const wordRule = (...words: readonly string[]): Rule => ({
  isRight: (value) => words.includes(value as string),
  expected: words.map((word) => `"${word}"`).join(" or "),
});

export const interpolationRule: Rule = wordRule("bilinear", "nearest");

export const fillRule: Rule = {
  isRight: (value) => isNumber(value) || listOf(value, () => true),
  expected: "a number, or a list with one for each channel",
};

/** Side of a square, or height and width. */
export const sizeRule: Rule = {
  isRight: (value) => isSide(value) || listOf(value, isSide, 2),
  expected: "a number of pixels, or [height, width]",
};
