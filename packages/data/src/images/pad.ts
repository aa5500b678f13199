import { checkOptions, either, listOf, oneOf, wholeNumberFrom } from "@snapfit/base";
import { fillRule } from "./image-options.js";
import { movement, type FixedTransform } from "./image-sample.js";
import { emptyLike, fillOf, pickPixels, type Fill, type Pixels } from "./pixels.js";
import { reflectIndex } from "./reflect-index.js";

/** Options of {@link pad}. */
export interface PadOptions {
  /** Pixels on all sides, or `[top, right, bottom, left]`. */
  readonly padding: number | readonly [top: number, right: number, bottom: number, left: number];
  /** What stands there: one value, the image mirrored without its outermost pixels twice, or its outermost pixels repeated. @default "constant" */
  readonly mode?: "constant" | "reflect" | "edge";
  /** Value of `"constant"`, for all channels or each, in the units of the image. Masks are filled with 0. @default 0 */
  readonly fill?: Fill;
}

/** Adds pixels around images. @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM` */
export function pad(options: PadOptions): FixedTransform {
  const paddingRule = either(wholeNumberFrom(0), ["[top, right, bottom, left]", listOf(wholeNumberFrom(0), 4)[1]]);
  checkOptions("pad()", options, { padding: paddingRule, mode: oneOf("constant", "reflect", "edge"), fill: fillRule }, ["padding"]);
  const { padding, mode = "constant", fill = 0 } = options;
  const [top, right, bottom, left] = typeof padding === "number" ? [padding, padding, padding, padding] : padding;
  return movement("pad", ({ height, width }) => {
    const numRows = top + height + bottom;
    const numColumns = left + width + right;
    if (mode === "constant") return (pixels, part) => padConstant(pixels, top, left, numRows, numColumns, part === "mask" ? 0 : fill);
    const index = mode === "edge" ? clampIndex : reflectIndex;
    const rows = Int32Array.from({ length: numRows }, (_, y) => index(y - top, height));
    const columns = Int32Array.from({ length: numColumns }, (_, x) => index(x - left, width));
    return (pixels) => pickPixels(pixels, rows, columns);
  });
}

const clampIndex = (index: number, length: number): number => Math.min(Math.max(index, 0), length - 1);

function padConstant(pixels: Pixels, top: number, left: number, height: number, width: number, fill: Fill): Pixels {
  const { channels } = pixels;
  const data = emptyLike(pixels.data, height * width * channels);
  fillOf("pad", fill, pixels).forEach((value, c) => {
    if (value !== 0) for (let i = c; i < data.length; i += channels) data[i] = value;
  });
  const rowLength = pixels.width * channels;
  for (let y = 0; y < pixels.height; y++) {
    data.set(pixels.data.subarray(y * rowLength, (y + 1) * rowLength), ((top + y) * width + left) * channels);
  }
  return { height, width, channels, data };
}
