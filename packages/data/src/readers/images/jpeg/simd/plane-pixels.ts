import type { BaselineMemory, Plane } from "./baseline-memory.js";
import type { BaselineScan } from "./baseline-scan.js";
import type { JpegKernels } from "./jpeg-kernels.js";

export function greyPixels({ width, height }: BaselineScan, { arena, planes }: BaselineMemory): Uint8Array {
  const { samples, stride } = planes[0]!;
  const pixels = new Uint8Array(width * height);
  for (let y = 0, from = samples; y < height; y++, from += stride) pixels.set(arena.bytes.subarray(from, from + width), y * width);
  return pixels;
}

/** Red, green and blue of luma and chroma, of which there may be less (see `joinPlanes`). */
export function colourPixels({ run }: JpegKernels, scan: BaselineScan, { arena, planes }: BaselineMemory): Uint8Array {
  const { width, height, chromaX, chromaY } = scan;
  const [luma, ...chroma] = planes;
  const rowLength = Math.ceil(width / chromaX);
  const lastRow = Math.ceil(height / chromaY) - 1;
  const sums = arena.reserve(2 * rowLength + 32) + 16;
  const rows = chroma.map(() => arena.reserve(2 * rowLength));
  const pixels = arena.reserve(3 * width * height + 32);
  /** The address of a row of chroma that is as long as the image's. */
  const enlarged = ({ samples, stride }: Plane, y: number, to: number): number => {
    const row = Math.floor(y / chromaY);
    const near = samples + row * stride;
    if (chromaX === 1) return near;
    const neighbour = Math.min(lastRow, Math.max(0, y % 2 === 0 ? row - 1 : row + 1));
    const isTall = chromaY === 2;
    run.sumRows(near, isTall ? samples + neighbour * stride : near, isTall ? 3 : 1, isTall ? 1 : 0, sums, rowLength);
    run.enlargeSums(sums, to, rowLength, isTall ? 8 : 1, isTall ? 7 : 2, isTall ? 4 : 2);
    return to;
  };
  for (let y = 0; y < height; y++) {
    const [blue, red] = chroma.map((plane, i) => enlarged(plane, y, rows[i]!));
    run.colourRow(luma!.samples + y * luma!.stride, blue!, red!, pixels + 3 * y * width, width);
  }
  return arena.take(pixels, 3 * width * height);
}
