import { checkOptions, numberAbove } from "@snapfit/base";
import { randomMovement, type ImageSize, type ImageTransform } from "./image-sample.js";
import { interpolationRule, rangeOf, sizeRule } from "./image-options.js";
import type { Box } from "./pixels.js";
import { resample, type Interpolation } from "./resample.js";
import { randomBox } from "./random-box.js";
import type { Range } from "./uniform-in.js";

/** Options of {@link randomResizedCrop}. */
export interface RandomResizedCropOptions {
  /** Side of the square that comes out, or `[height, width]`. */
  readonly size: number | readonly [height: number, width: number];
  /** Share of the image's area that is cut out. @default [0.08, 1] */
  readonly scale?: Range;
  /** Width of the piece over its height; low and high are as likely on a logarithmic scale. @default [3 / 4, 4 / 3] */
  readonly ratio?: Range;
  /** As in {@link resize}. @default "bilinear" */
  readonly interpolation?: Interpolation;
}

/**
 * Cuts out a piece of random place, area and ratio, and resizes it: the usual augmentation of ImageNet. After ten pieces that do not lie in the image it takes
 * the middle, as much of it as `ratio` allows.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM`
 * @see Szegedy et al. 2015, arXiv:1409.4842, section 6; torchvision's `RandomResizedCrop`
 */
export function randomResizedCrop(options: RandomResizedCropOptions): ImageTransform {
  const checks = { size: sizeRule, scale: rangeOf(numberAbove(0, 1)), ratio: rangeOf(numberAbove(0)), interpolation: interpolationRule };
  checkOptions("randomResizedCrop()", options, checks, ["size"]);
  const { size, scale = [0.08, 1], ratio = [3 / 4, 4 / 3], interpolation = "bilinear" } = options;
  const [height, width] = typeof size === "number" ? [size, size] : size;
  return randomMovement("randomResizedCrop", (from, random) => {
    const box = randomBox(from, scale, ratio, random) ?? middleBox(from, ratio);
    return (pixels, part) => resample(pixels, box, height, width, part === "mask" ? "nearest" : interpolation);
  });
}

/** The largest box in the middle whose ratio is allowed. */
function middleBox({ height, width }: ImageSize, ratio: Range): Box {
  const aspect = Math.min(Math.max(width / height, ratio[0]), ratio[1]);
  const box = {
    height: Math.max(1, Math.min(height, Math.round(width / aspect))),
    width: Math.max(1, Math.min(width, Math.round(height * aspect))),
  };
  return { top: Math.floor((height - box.height) / 2), left: Math.floor((width - box.width) / 2), ...box };
}
