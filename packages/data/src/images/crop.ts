import { checkOptions, SnapfitError } from "@snapfit/base";
import { movement, randomMovement, type FixedTransform, type ImageSize, type ImageTransform } from "./image-sample.js";
import { sizeRule } from "./image-options.js";
import { cropPixels } from "./pixels.js";

/** Options of {@link centerCrop} and {@link randomCrop}. */
export interface CropOptions {
  /** Side of the square in pixels, or `[height, width]`. */
  readonly size: number | readonly [height: number, width: number];
}

/**
 * Cuts out the middle; where it cannot be in the middle, as torchvision's `center_crop` does.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM`, and `IMAGE_SIZE` if it is smaller than the crop
 */
export function centerCrop(options: CropOptions): FixedTransform {
  const crop = cropSize("centerCrop", options);
  return movement("centerCrop", (size) => {
    checkFits("centerCrop", size, crop);
    const box = { top: halfToEven(size.height - crop.height), left: halfToEven(size.width - crop.width), ...crop };
    return (pixels) => cropPixels(pixels, box);
  });
}

/**
 * Cuts out a piece; each place is as likely. For a crop with padding, put {@link pad} before it.
 * @throws SnapfitError as {@link centerCrop}
 */
export function randomCrop(options: CropOptions): ImageTransform {
  const crop = cropSize("randomCrop", options);
  return randomMovement("randomCrop", (size, random) => {
    checkFits("randomCrop", size, crop);
    const box = { top: random.integer(size.height - crop.height + 1), left: random.integer(size.width - crop.width + 1), ...crop };
    return (pixels) => cropPixels(pixels, box);
  });
}

function cropSize(name: string, options: CropOptions): ImageSize {
  checkOptions(`${name}()`, options, { size: sizeRule }, ["size"]);
  const [height, width] = typeof options.size === "number" ? [options.size, options.size] : options.size;
  return { height, width };
}

function checkFits(name: string, { height, width }: ImageSize, crop: ImageSize): void {
  if (crop.height <= height && crop.width <= width) return;
  throw new SnapfitError(
    "IMAGE_SIZE",
    `${name}() got an image of ${height} x ${width} for a crop of ${crop.height} x ${crop.width}. The crop lies inside of the image. Put resize or pad before it.`,
  );
}

/** Half of an integer, rounded to the even neighbour, as Python's `round` does. */
function halfToEven(value: number): number {
  return value % 4 === 3 ? (value + 1) / 2 : Math.floor(value / 2);
}
