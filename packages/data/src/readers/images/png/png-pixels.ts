import type { PngHeader } from "./png-chunks.js";
import type { RawImage } from "../raw-image.js";

/** Samples of a pixel in the file. */
export function samplesPerPixel({ colour }: PngHeader): number {
  return { grey: 1, rgb: 3, palette: 1, "grey-alpha": 2, "rgb-alpha": 4 }[colour];
}

/**
 * Writes a row's pixels into an image, `step` bytes apart from `to` on.
 * @returns whether all of them are in the palette.
 */
export function writePixels(header: PngHeader, row: Uint8Array, width: number, image: RawImage, to: number, step: number): boolean {
  const { colour, depth, transparency } = header;
  const { data, channels } = image;
  if (colour === "palette") return writePalette(header, row, width, data, channels, to, step);
  const numSamples = samplesPerPixel(header);
  if (depth === 8 && !transparency && step === numSamples) {
    data.set(row, to);
    return true;
  }
  for (let x = 0; x < width; x++, to += step) {
    // The largest value becomes 255.
    if (depth < 8) data[to] = (packed(row, x, depth) * 255) / ((1 << depth) - 1);
    else for (let i = 0; i < numSamples; i++) data[to + i] = row[((x * numSamples + i) * depth) / 8]!;
    if (transparency) data[to + numSamples] = isTransparent(row, x, depth, numSamples, transparency) ? 0 : 255;
  }
  return true;
}

function writePalette(
  { depth, palette, transparency }: PngHeader,
  row: Uint8Array,
  width: number,
  data: Uint8Array,
  channels: number,
  to: number,
  step: number,
): boolean {
  for (let x = 0; x < width; x++, to += step) {
    const index = packed(row, x, depth);
    if (3 * index >= palette!.length) return false;
    for (let i = 0; i < 3; i++) data[to + i] = palette![3 * index + i]!;
    if (channels === 4) data[to + 3] = transparency![index] ?? 255;
  }
  return true;
}

/** Sample `index` of a row in which samples of 1, 2, 4 or 8 bits follow each other, upper bits first. */
function packed(row: Uint8Array, index: number, depth: number): number {
  const bit = index * depth;
  return (row[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

/** Whether a pixel has the colour that stands for nothing: all bits of it, not only the upper ones. */
function isTransparent(row: Uint8Array, x: number, depth: number, numSamples: number, transparency: Uint8Array): boolean {
  for (let i = 0; i < numSamples; i++) {
    const wanted = (transparency[2 * i]! << 8) | transparency[2 * i + 1]!;
    const at = x * numSamples + i;
    const value = depth < 8 ? packed(row, at, depth) : depth === 8 ? row[at]! : (row[2 * at]! << 8) | row[2 * at + 1]!;
    if (value !== (depth < 16 ? wanted & ((1 << depth) - 1) : wanted)) return false;
  }
  return true;
}
