import { FlateErrorCode, unzlibSync, type FlateError } from "fflate";
import { PNG_SIGNATURE, pngFault, readPngChunks, type PngHeader } from "./png-chunks.js";
import { samplesPerPixel, writePixels } from "./png-pixels.js";
import type { ImageHeader } from "../image-header.js";
import type { RawImage } from "../raw-image.js";

/** Passes of an interlaced image: first column and row, and steps (PNG specification, 8.2). */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Pixels that come one after another in the data, and where they go. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly width: number;
  readonly height: number;
  /** Bytes of a row, without the one that names its filter. */
  readonly rowBytes: number;
}

/** Decodes the pixels of a PNG of any kind to 8 bits; of 16 the upper ones. */
function decodePng(header: PngHeader, file: string): RawImage {
  const { width, height } = header;
  const bits = header.depth * samplesPerPixel(header);
  const passes = (header.isInterlaced ? PASSES : [[0, 0, 1, 1] as const])
    .map(([x, y, stepX, stepY]): Pass => {
      const size = { width: Math.ceil((width - x) / stepX), height: Math.ceil((height - y) / stepY) };
      return { x, y, stepX, stepY, ...size, rowBytes: Math.ceil((size.width * bits) / 8) };
    })
    .filter((pass) => pass.width > 0 && pass.height > 0);
  const rows = inflate(
    header,
    passes.reduce((sum, pass) => sum + pass.height * (pass.rowBytes + 1), 0),
    file,
  );
  const channels = channelsOf(header);
  const image: RawImage = { width, height, channels, data: new Uint8Array(width * height * channels) };
  let from = 0;
  for (const pass of passes) {
    unfilter(rows, from, pass, Math.ceil(bits / 8), file);
    for (let row = 0; row < pass.height; row++) {
      const start = from + row * (pass.rowBytes + 1) + 1;
      const to = ((pass.y + row * pass.stepY) * width + pass.x) * channels;
      if (!writePixels(header, rows.subarray(start, start + pass.rowBytes), pass.width, image, to, pass.stepX * channels))
        throw pngFault(file, PNG_SIGNATURE.length, "a pixel has a colour that the palette does not hold");
    }
    from += pass.height * (pass.rowBytes + 1);
  }
  return image;
}

function channelsOf({ colour, palette, transparency }: PngHeader): RawImage["channels"] {
  const isColour = colour === "rgb" || colour === "rgb-alpha" || (colour === "palette" && palette !== undefined);
  const hasAlpha = colour === "grey-alpha" || colour === "rgb-alpha" || transparency !== undefined;
  return isColour ? (hasAlpha ? 4 : 3) : hasAlpha ? 2 : 1;
}

/** Deflate makes at most this many bytes of one (RFC 1951: 258 bytes of 2 bits). */
const MOST_INFLATED = 1032;

/** Unpacks exactly `sizeBytes` bytes: neither a header that promises too much nor data that never end take more memory. */
function inflate(header: PngHeader, sizeBytes: number, file: string): Uint8Array {
  const numPacked = header.data.reduce((sum, part) => sum + part.length, 0);
  const tooFew = (cause?: unknown): Error =>
    pngFault(
      file,
      PNG_SIGNATURE.length,
      `the pixel data end early, but ${header.width} x ${header.height} pixels are ${sizeBytes} bytes`,
      "truncated",
      cause,
    );
  if (sizeBytes > MOST_INFLATED * numPacked) throw tooFew();
  const [first, ...others] = header.data;
  const packed = others.length === 0 ? first! : joined(header.data, numPacked);
  // What goes beyond the array, which some writers add, is dropped.
  let unpacked: Uint8Array;
  try {
    unpacked = unzlibSync(packed, { out: new Uint8Array(sizeBytes) });
  } catch (cause) {
    if ((cause as Partial<FlateError>).code === FlateErrorCode.UnexpectedEOF) throw tooFew(cause);
    throw pngFault(file, PNG_SIGNATURE.length, `the pixel data cannot be unpacked (${(cause as Error).message})`, undefined, cause);
  }
  if (unpacked.length < sizeBytes) throw tooFew();
  return unpacked;
}

function joined(parts: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const all = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Undoes the filters of a pass in place (PNG specification, 9.2). @param pixelBytes bytes of a pixel, at least 1. */
function unfilter(rows: Uint8Array, from: number, { height, rowBytes }: Pass, pixelBytes: number, file: string): void {
  for (let row = 0; row < height; row++) {
    const start = from + row * (rowBytes + 1) + 1;
    const end = start + rowBytes;
    const filter = rows[start - 1]!;
    if (filter > 4) throw pngFault(file, PNG_SIGNATURE.length, `row ${row} has the filter ${filter}, but 0 to 4 are expected`);
    const above = row > 0 ? start - rowBytes - 1 : -1;
    if (filter === 1) for (let i = start + pixelBytes; i < end; i++) rows[i]! += rows[i - pixelBytes]!;
    else if (filter === 2 && above >= 0) for (let i = start, up = above; i < end; i++, up++) rows[i]! += rows[up]!;
    else if (filter === 3) {
      for (let i = start; i < end; i++) {
        const left = i < start + pixelBytes ? 0 : rows[i - pixelBytes]!;
        rows[i]! += (left + (above < 0 ? 0 : rows[above + i - start]!)) >> 1;
      }
    } else if (filter === 4) {
      for (let i = start; i < end; i++) {
        const isFirst = i < start + pixelBytes;
        const up = above < 0 ? 0 : rows[above + i - start]!;
        const left = isFirst ? 0 : rows[i - pixelBytes]!;
        const corner = isFirst || above < 0 ? 0 : rows[above + i - start - pixelBytes]!;
        rows[i]! += paeth(left, up, corner);
      }
    }
  }
}

/** The neighbour that is nearest to left + up - corner. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Up to this many pixels JavaScript is quicker than the way to native code and back. */
const SMALL_PIXELS = 64 * 64;

/** Reads a PNG up to its pixels. */
export function readPngHeader(bytes: Uint8Array, file: string): ImageHeader {
  const header = readPngChunks(bytes, file);
  const { width, height } = header;
  const isQuick = width * height <= SMALL_PIXELS;
  return { format: "PNG", width, height, isCmyk: false, orientation: 1, isQuick, decode: () => decodePng(header, file) };
}
