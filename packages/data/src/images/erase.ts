import { checkOptions, either, numberAbove, oneOf, wholeNumberFrom } from "@snapfit/base";
import { fillRule, rangeOf } from "./image-options.js";
import { randomRecoloring, type ImagePixels, type ImageTransform } from "./image-sample.js";
import { normals } from "./noise.js";
import { fillOf, type Box, type Fill } from "./pixels.js";
import { randomBox } from "./random-box.js";
import type { Range } from "./uniform-in.js";

/** Options of {@link cutout}. */
export interface CutoutOptions {
  /** Side of the square in pixels. */
  readonly size: number;
  /** What stands there, for all channels or each, in the units of the image. @default 0 */
  readonly fill?: Fill;
}

/**
 * Fills a square whose middle is a random pixel, so that part of it may lie outside. The mask stays as it is.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM`
 * @see DeVries and Taylor 2017, arXiv:1708.04552
 */
export function cutout(options: CutoutOptions): ImageTransform {
  checkOptions("cutout()", options, { size: wholeNumberFrom(1), fill: fillRule }, ["size"]);
  const { size, fill = 0 } = options;
  return randomRecoloring("cutout", (image, random) => {
    const [top, bottom] = spanAround(random.integer(image.height), size, image.height);
    const [left, right] = spanAround(random.integer(image.width), size, image.width);
    const values = fillOf("cutout", fill, image);
    return filled(image, { top, left, height: bottom - top, width: right - left }, (c) => values[c]!);
  });
}

function spanAround(middle: number, size: number, limit: number): readonly [start: number, end: number] {
  const start = middle - Math.floor(size / 2);
  return [Math.max(0, start), Math.min(limit, start + size)];
}

/** Options of {@link randomErasing}. */
export interface RandomErasingOptions {
  /** Share of the image's area. @default [0.02, 0.33] */
  readonly scale?: Range;
  /** Width over height; low and high are as likely on a logarithmic scale. @default [0.3, 3.3] */
  readonly ratio?: Range;
  /** What stands there, for all channels or each, in the units of the image; `"noise"` is standard normal, for float32 images after {@link normalize}. @default 0 */
  readonly fill?: Fill | "noise";
}

/**
 * Fills a rectangle of random place, area and ratio that lies inside. The mask stays as it is. After ten rectangles that do not lie in the image it stays whole.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM`
 * @see Zhong et al. 2017, arXiv:1708.04896; torchvision's `RandomErasing`, which does so to every second image: `maybe(0.5, randomErasing())`
 */
export function randomErasing(options: RandomErasingOptions = {}): ImageTransform {
  checkOptions("randomErasing()", options, {
    scale: rangeOf(numberAbove(0, 1)),
    ratio: rangeOf(numberAbove(0)),
    fill: either(fillRule, oneOf("noise")),
  });
  const { scale = [0.02, 0.33], ratio = [0.3, 3.3], fill = 0 } = options;
  return randomRecoloring("randomErasing", (image, random) => {
    const box = randomBox(image, scale, ratio, random);
    if (box === undefined) return image;
    if (fill === "noise") {
      const noise = normals(box.height * box.width * image.channels, random);
      return filled(image, box, (_, i) => noise[i]!);
    }
    const values = fillOf("randomErasing", fill, image);
    return filled(image, box, (c) => values[c]!);
  });
}

/** @param valueAt the value of a channel, and of the i-th value within the box */
function filled(image: ImagePixels, box: Box, valueAt: (channel: number, i: number) => number): ImagePixels {
  const data = image.data.slice();
  let i = 0;
  for (let y = box.top; y < box.top + box.height; y++) {
    for (let x = box.left; x < box.left + box.width; x++) {
      for (let c = 0; c < image.channels; c++) data[(y * image.width + x) * image.channels + c] = valueAt(c, i++);
    }
  }
  return { ...image, data };
}
