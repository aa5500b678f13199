import { anyNumber, either, listOf, oneOf, wholeNumberFrom, type OptionCheck } from "@snapfit/base";

/** Two numbers, the first no greater. */
export function rangeOf(each: OptionCheck): OptionCheck {
  const [, holds] = listOf(each, 2);
  return [`[low, high], the lower first, each ${each[0]}`, (value) => holds(value) && (value as number[])[0]! <= (value as number[])[1]!];
}

/** A number for all channels, or one for each. */
export const channelsOf = (each: OptionCheck): OptionCheck => either(each, ["a list with one for each channel", listOf(each)[1]]);

export const fillRule = channelsOf(anyNumber);

export const interpolationRule = oneOf("bilinear", "nearest");

/** Side of a square, or height and width. */
export const sizeRule = either(wholeNumberFrom(1), ["[height, width]", listOf(wholeNumberFrom(1), 2)[1]]);
