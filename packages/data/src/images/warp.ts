import { emptyLike, type PixelData, type Pixels } from "./pixels.js";
import type { Interpolation } from "./resample.js";

/** Maps x and y: `x' = a x + b y + c`, `y' = d x + e y + f`. */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/**
 * An image of the same size whose pixel at (x, y) is what lies at `toInput(x, y)`, in coordinates where the middle of the first pixel is (0.5, 0.5).
 * Places outside of the input get `fill`; between its border and its outermost pixels' middles, bilinear takes the outermost pixels, as Pillow does.
 * @param fill one value for each channel.
 */
export function warpPixels(pixels: Pixels, toInput: AffineMap, interpolation: Interpolation, fill: readonly number[]): Pixels {
  const data = emptyLike(pixels.data, pixels.data.length);
  const warp = interpolation === "nearest" ? warpNearest : warpBilinear;
  warp(pixels, toInput, fill, data);
  return { ...pixels, data };
}

function warpNearest(
  { height, width, channels, data }: Pixels,
  [a, b, c, d, e, f]: AffineMap,
  fill: readonly number[],
  output: PixelData,
): void {
  let out = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = Math.floor(a * (x + 0.5) + b * (y + 0.5) + c);
      const row = Math.floor(d * (x + 0.5) + e * (y + 0.5) + f);
      const isInside = column >= 0 && column < width && row >= 0 && row < height;
      const start = (row * width + column) * channels;
      for (let channel = 0; channel < channels; channel++) output[out++] = isInside ? data[start + channel]! : fill[channel]!;
    }
  }
}

function warpBilinear(
  { height, width, channels, data }: Pixels,
  [a, b, c, d, e, f]: AffineMap,
  fill: readonly number[],
  output: PixelData,
): void {
  const half = data instanceof Float32Array ? 0 : 0.5; // storing a byte cuts off: adding a half rounds
  const rowLength = width * channels;
  let out = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, out += channels) {
      const inX = a * (x + 0.5) + b * (y + 0.5) + c;
      const inY = d * (x + 0.5) + e * (y + 0.5) + f;
      if (!(inX >= 0 && inX < width && inY >= 0 && inY < height)) {
        for (let channel = 0; channel < channels; channel++) output[out + channel] = fill[channel]!;
        continue;
      }
      const left = Math.floor(inX - 0.5);
      const top = Math.floor(inY - 0.5);
      const shareX = inX - 0.5 - left;
      const shareY = inY - 0.5 - top;
      const start = (Math.max(top, 0) * width + Math.max(left, 0)) * channels;
      const right = left < 0 || left === width - 1 ? 0 : channels;
      const below = top < 0 || top === height - 1 ? 0 : rowLength;
      for (let channel = 0, i = start; channel < channels; channel++, i++) {
        const upper = data[i]! + (data[i + right]! - data[i]!) * shareX;
        const lower = data[i + below]! + (data[i + below + right]! - data[i + below]!) * shareX;
        output[out + channel] = upper + (lower - upper) * shareY + half;
      }
    }
  }
}
