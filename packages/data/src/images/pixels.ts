import { SnapfitError } from "@snapfit/base";

/** The arrays of host tensors. */
export type PixelData = Uint8Array | Int32Array | Float32Array;

/** Pixels row by row, the channels of each side by side. */
export interface Pixels<Data extends PixelData = PixelData> {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Data;
}

/** An array of zeros of the same type. */
export function emptyLike<Data extends PixelData>(data: Data, length: number): Data {
  return new (data.constructor as new (length: number) => Data)(length);
}

/** A rectangle of pixels, top left corner first. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** A copy of the pixels in a box that lies inside. */
export function cropPixels(pixels: Pixels, { top, left, height, width }: Box): Pixels {
  const { channels, data } = pixels;
  const cropped = emptyLike(data, height * width * channels);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * pixels.width + left) * channels;
    cropped.set(data.subarray(start, start + width * channels), y * width * channels);
  }
  return { height, width, channels, data: cropped };
}

/**
 * Pixels picked row by row and column by column: output [y, x] is input [rows[y], columns[x]].
 * @param rows, columns indices of the input, in any order, also repeated.
 */
export function pickPixels(pixels: Pixels, rows: Int32Array, columns: Int32Array): Pixels {
  const { channels, data } = pixels;
  const picked = emptyLike(data, rows.length * columns.length * channels);
  let out = 0;
  for (const row of rows) {
    const base = row * pixels.width;
    for (let x = 0; x < columns.length; x++) {
      const start = (base + columns[x]!) * channels;
      for (let c = 0; c < channels; c++) picked[out++] = data[start + c]!;
    }
  }
  return { height: rows.length, width: columns.length, channels, data: picked };
}

/** A value for all channels, or one for each. */
export type Fill = number | readonly number[];

/** The fill of each channel. @throws SnapfitError `OPTION_INVALID` if it does not fit the image */
export function fillOf(name: string, fill: Fill, { data, channels }: Pixels): number[] {
  const values = typeof fill === "number" ? Array.from({ length: channels }, () => fill) : [...fill];
  const isByte = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 255;
  if (values.length === channels && (data instanceof Float32Array || values.every(isByte))) return values;
  throw new SnapfitError(
    "OPTION_INVALID",
    `${name}() got fill: [${values.join(", ")}] for an image of ${channels} channels in a ${data.constructor.name}. It takes one value for each channel, of bytes whole numbers from 0 to 255. Change the option, or the order of the transforms.`,
  );
}
