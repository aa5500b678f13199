import { checkOptions, either, numberAbove, type OptionCheck } from "@snapfit/base";
import { rangeOf } from "./image-options.js";
import { randomRecoloring, type ImagePixels, type ImageTransform } from "./image-sample.js";
import { pickPixels } from "./pixels.js";
import { reflectIndex } from "./reflect-index.js";
import { SumOfFloats } from "./weighted-sum.js";
import { uniformIn, type Range } from "./uniform-in.js";

/** Options of {@link gaussianBlur}. */
export interface GaussianBlurOptions {
  /** Standard deviation in pixels, or `[low, high]` to draw from. */
  readonly sigma: number | Range;
  /** Pixels that a new one is made of, in each direction; odd. @default as many as lie within 3 `sigma` (if it is drawn, of its high end) */
  readonly kernelSize?: number;
}

/**
 * Blurs images; they are mirrored at the border. Bytes are rounded.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM`
 * @see torchvision's `GaussianBlur`
 */
export function gaussianBlur(options: GaussianBlurOptions): ImageTransform {
  const kernelRule: OptionCheck = [
    "an odd number above 0",
    (size) => Number.isSafeInteger(size) && Number(size) > 0 && Number(size) % 2 === 1,
  ];
  checkOptions("gaussianBlur()", options, { sigma: either(numberAbove(0), rangeOf(numberAbove(0))), kernelSize: kernelRule }, ["sigma"]);
  const range: Range = typeof options.sigma === "number" ? [options.sigma, options.sigma] : options.sigma;
  const { kernelSize = 2 * Math.ceil(3 * range[1]) + 1 } = options;
  return randomRecoloring("gaussianBlur", (image, random) => {
    const blurred = convolve(image, gaussianKernel(uniformIn(range, random), kernelSize));
    return { ...image, data: image.data instanceof Uint8Array ? rounded(blurred) : blurred };
  });
}

/** `exp(-i^2 / (2 sigma^2))` for i around 0, with the sum 1. */
function gaussianKernel(sigma: number, size: number): Float64Array {
  const kernel = Float64Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - (size - 1) / 2) / sigma) ** 2));
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

/** The image convolved with the kernel along its rows, then along its columns. */
function convolve(image: ImagePixels, kernel: Float64Array): Float32Array {
  const { height, width, channels } = image;
  const radius = (kernel.length - 1) / 2;
  const padded = pickPixels(image, reflected(height, radius), reflected(width, radius));
  const rowLength = width * channels;
  const rows = new Float32Array(padded.height * rowLength);
  const rowSums = new SumOfFloats(new Float32Array(padded.data), rows, kernel, rowLength);
  for (let y = 0; y < padded.height; y++) {
    const taps = { start: y * padded.width * channels, tapStride: channels, stride: 1, length: rowLength };
    rowSums.write(taps, 0, kernel.length, y * rowLength, 1);
  }
  const blurred = new Float32Array(height * rowLength);
  const columnSums = new SumOfFloats(rows, blurred, kernel, rowLength);
  for (let y = 0; y < height; y++) {
    const taps = { start: y * rowLength, tapStride: rowLength, stride: 1, length: rowLength };
    columnSums.write(taps, 0, kernel.length, y * rowLength, 1);
  }
  return blurred;
}

function rounded(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = values[i]! + 0.5;
  return bytes;
}

const reflected = (length: number, radius: number): Int32Array =>
  Int32Array.from({ length: length + 2 * radius }, (_, i) => reflectIndex(i - radius, length));
