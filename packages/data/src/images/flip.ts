import { movement, type FixedTransform } from "./image-sample.js";
import { pickPixels } from "./pixels.js";

/** Mirrors left and right. At random: `maybe(0.5, flipHorizontal())`. @throws SnapfitError of a sample `IMAGE_FORM` */
export function flipHorizontal(): FixedTransform {
  return movement(
    "flipHorizontal",
    ({ height, width }) =>
      (pixels) =>
        pickPixels(pixels, upwards(height), downwards(width)),
  );
}

/** Mirrors top and bottom. @throws SnapfitError of a sample `IMAGE_FORM` */
export function flipVertical(): FixedTransform {
  return movement(
    "flipVertical",
    ({ height, width }) =>
      (pixels) =>
        pickPixels(pixels, downwards(height), upwards(width)),
  );
}

const upwards = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);
const downwards = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => length - 1 - i);
