import { anyNumber, checkOptions, either, listOf, numberAbove, numberFrom, type OptionCheck, type OptionChecks } from "@snapfit/base";
import { fillRule, interpolationRule, rangeOf } from "./image-options.js";
import { randomMovement, type ImageSize, type ImageTransform } from "./image-sample.js";
import { fillOf, type Fill } from "./pixels.js";
import type { Interpolation } from "./resample.js";
import { uniformIn, type Range } from "./uniform-in.js";
import { warpPixels, type AffineMap } from "./warp.js";

/** Options of {@link randomRotate}. */
export interface RandomRotateOptions {
  /** Angle, counter-clockwise: `[low, high]`, or one number for `[-degrees, degrees]`. */
  readonly degrees: number | Range;
  /** Masks always by `"nearest"`. @default "bilinear" */
  readonly interpolation?: Interpolation;
  /** What stands where the image does not reach, for all channels or each, in the units of the image. Masks are filled with 0. @default 0 */
  readonly fill?: Fill;
}

/** Options of {@link randomAffine}. */
export interface RandomAffineOptions extends RandomRotateOptions {
  /** Largest shift as shares of width and height, to both sides; it is rounded to whole pixels. @default [0, 0] */
  readonly translate?: readonly [x: number, y: number];
  /** Factor of the size. @default [1, 1] */
  readonly scale?: Range;
  /** Degrees by which vertical lines lean: `[low, high]`, or one number for both signs. @default 0 */
  readonly shear?: number | Range;
}

const lean: OptionCheck = ["a number above -90 and below 90", (value) => anyNumber[1](value) && Math.abs(Number(value)) < 90];
const rotateRules = { degrees: either(numberFrom(0), rangeOf(anyNumber)), interpolation: interpolationRule, fill: fillRule };
const affineRules = {
  ...rotateRules,
  translate: ["[x, y], each a number from 0 to 1", listOf(numberFrom(0, 1), 2)[1]],
  scale: rangeOf(numberAbove(0)),
  shear: either(["a number of at least 0 and below 90", (value) => numberFrom(0)[1](value) && lean[1](value)], rangeOf(lean)),
} satisfies OptionChecks;

/** Turns images around their middle; they keep their size. @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM` */
export function randomRotate(options: RandomRotateOptions): ImageTransform {
  checkOptions("randomRotate()", options, rotateRules, ["degrees"]);
  return affine("randomRotate", options);
}

/**
 * Shears, scales, turns and shifts images around their middle, in this order; they keep their size.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM`
 * @see torchvision's `RandomAffine`, which turns clockwise
 */
export function randomAffine(options: RandomAffineOptions): ImageTransform {
  checkOptions("randomAffine()", options, affineRules, ["degrees"]);
  return affine("randomAffine", options);
}

function affine(name: string, options: RandomAffineOptions): ImageTransform {
  const { degrees, translate = [0, 0], scale = [1, 1], shear = 0, interpolation = "bilinear", fill = 0 } = options;
  return randomMovement(name, (size, random) => {
    const angle = uniformIn(spread(degrees), random);
    const shiftX = Math.round(uniformIn(spread(translate[0] * size.width), random));
    const shiftY = Math.round(uniformIn(spread(translate[1] * size.height), random));
    const factor = uniformIn(scale, random);
    const lean = uniformIn(spread(shear), random);
    const toInput = inverseAround(size, angle, lean, factor, shiftX, shiftY);
    return (pixels, part) =>
      part === "mask"
        ? warpPixels(pixels, toInput, "nearest", fillOf(name, 0, pixels))
        : warpPixels(pixels, toInput, interpolation, fillOf(name, fill, pixels));
  });
}

const spread = (amount: number | Range): Range => (typeof amount === "number" ? [-amount, amount] : amount);

/** Rounded, so that right angles are exact: then pixels lie just on the border of others, and the last bit would choose. */
const withoutNoise = (value: number): number => Math.round(value * 2 ** 40) / 2 ** 40;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** From places in the output to those in the input: the inverse of shift, times rotation and scale, times shear, all around the middle. y goes down. */
function inverseAround(
  { height, width }: ImageSize,
  angle: number,
  lean: number,
  scale: number,
  shiftX: number,
  shiftY: number,
): AffineMap {
  const cos = withoutNoise(Math.cos(radians(angle))) / scale;
  const sin = withoutNoise(Math.sin(radians(angle))) / scale;
  const tan = Math.tan(radians(lean));
  // Inverse rotation [cos -sin; sin cos], then inverse shear [1 tan; 0 1].
  const [a, b, d, e] = [cos + tan * sin, -sin + tan * cos, sin, cos];
  const centerX = width / 2;
  const centerY = height / 2;
  const fromX = centerX + shiftX;
  const fromY = centerY + shiftY;
  return [a, b, centerX - a * fromX - b * fromY, d, e, centerY - d * fromX - e * fromY];
}
