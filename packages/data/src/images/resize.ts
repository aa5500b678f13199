import { checkOptions } from "@snapfit/base";
import { movement, type FixedTransform, type ImageSize } from "./image-sample.js";
import { interpolationRule, sizeRule } from "./image-options.js";
import { resample, type Interpolation } from "./resample.js";

/** Options of {@link resize}. */
export interface ResizeOptions {
  /** Pixels of the shorter side, the longer one in proportion (rounded down); or `[height, width]`. */
  readonly size: number | readonly [height: number, width: number];
  /** `"bilinear"` antialiases. Masks are always resized by `"nearest"`. @default "bilinear" */
  readonly interpolation?: Interpolation;
}

/**
 * Resizes images. Bytes come out as from Pillow's `resize` with `BILINEAR` (or `NEAREST`).
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM`
 *
 * @example
 * import { hostTensor } from "@snapfit/base";
 * const { image } = resize({ size: 32 })({ image: hostTensor(new Uint8Array(48 * 64 * 3), [48, 64, 3]) });
 * console.log(image.shape); // [ 32, 42, 3 ]
 */
export function resize(options: ResizeOptions): FixedTransform {
  checkOptions("resize()", options, { size: sizeRule, interpolation: interpolationRule }, ["size"]);
  const { size, interpolation = "bilinear" } = options;
  return movement("resize", (from) => {
    const to = sizeAfter(from, size);
    const box = { top: 0, left: 0, ...from };
    return (pixels, part) => resample(pixels, box, to.height, to.width, part === "mask" ? "nearest" : interpolation);
  });
}

function sizeAfter({ height, width }: ImageSize, size: ResizeOptions["size"]): ImageSize {
  if (typeof size !== "number") return { height: size[0], width: size[1] };
  const shorter = Math.min(height, width);
  return { height: Math.trunc((size * height) / shorter), width: Math.trunc((size * width) / shorter) };
}
