import type { JpegSegments } from "./jpeg-segments.js";
import type { JpegPlane } from "./read-planes.js";

/** The pixels of decoded planes: grey or red, green and blue. */
export function joinPlanes(segments: JpegSegments, planes: readonly JpegPlane[]): Uint8Array {
  const frame = segments.frame!;
  const maxH = Math.max(...planes.map(({ h }) => h));
  const maxV = Math.max(...planes.map(({ v }) => v));
  const isGrey = planes.length === 1;
  const out = new Uint8Array(frame.width * frame.height * (isGrey ? 1 : 3));
  const write = isGrey ? undefined : rowWriter(segments);
  const rows = planes.map(() => new Uint8Array(frame.width + 2 * maxH));
  for (let y = 0; y < frame.height; y++) {
    planes.forEach((plane, i) => enlargeRow(plane, maxH / plane.h, maxV / plane.v, y, rows[i]!));
    if (write) write(rows, out, 3 * y * frame.width);
    else out.set(rows[0]!.subarray(0, frame.width), y * frame.width);
  }
  return out;
}

/** Sums of a row and its nearer neighbour, weighted 3 to 1. */
let sums = new Uint16Array(0);

/**
 * Row `y` of a plane in the size of the image. Twice as many samples are made with a triangle filter, 3/4 of the nearer and 1/4 of the farther one,
 * other factors by repeating; rounding alternates, and narrow planes are repeated too: all as libjpeg does.
 */
function enlargeRow(plane: JpegPlane, factorX: number, factorY: number, y: number, out: Uint8Array): void {
  const { samples, stride, width, height } = plane;
  const row = Math.floor(y / factorY);
  const start = row * stride;
  const isSmoothX = factorX === 2 && width > 2;
  if (factorY === 2 && (isSmoothX || factorX === 1)) {
    const isUpper = y % 2 === 0;
    const neighbour = Math.min(height - 1, Math.max(0, row + (isUpper ? -1 : 1))) * stride;
    if (factorX === 1) {
      for (let x = 0; x < width; x++) out[x] = (samples[start + x]! * 3 + samples[neighbour + x]! + (isUpper ? 1 : 2)) >> 2;
      return;
    }
    if (sums.length < width) sums = new Uint16Array(width);
    for (let x = 0; x < width; x++) sums[x] = samples[start + x]! * 3 + samples[neighbour + x]!;
    triangle(sums, 0, width, 4, 8, 7, out);
  } else if (isSmoothX && factorY === 1) triangle(samples, start, width, 2, 1, 2, out);
  else if (factorX === 1) out.set(samples.subarray(start, start + width));
  else for (let x = 0; x < out.length; x++) out[x] = samples[start + Math.floor(x / factorX)]!;
}

/** @param bits of the weights' sum. @param left @param right are added before rounding down, to the left and the right one of each pair. */
function triangle(
  values: Uint8Array | Uint16Array,
  start: number,
  width: number,
  bits: number,
  left: number,
  right: number,
  out: Uint8Array,
): void {
  const last = start + width - 1;
  out[0] = (values[start]! * 4 + left) >> bits;
  for (let i = start, x = 0; i <= last; i++, x += 2) {
    const value = values[i]! * 3;
    if (i > start) out[x] = (value + values[i - 1]! + left) >> bits;
    if (i < last) out[x + 1] = (value + values[i + 1]! + right) >> bits;
  }
  out[2 * width - 1] = (values[last]! * 4 + right) >> bits;
}

type RowWriter = (rows: readonly Uint8Array[], out: Uint8Array, at: number) => void;

/** Whether the components are luma and chroma: JFIF's rule, else Adobe's segment, else the components' names. */
export function isYcc({ adobeTransform, hasJfif, frame }: JpegSegments): boolean {
  const { components } = frame!;
  if (components.length === 4) return adobeTransform === 2;
  return (
    hasJfif ||
    (adobeTransform === undefined ? components.map(({ id }) => String.fromCharCode(id)).join("") !== "RGB" : adobeTransform !== 0)
  );
}

function rowWriter(segments: JpegSegments): RowWriter {
  const { width } = segments.frame!;
  const isLuma = isYcc(segments);
  return ([first, second, third, fourth], out, at) => {
    for (let x = 0, to = at; x < width; x++, to += 3) {
      let r = first![x]!;
      let g = second![x]!;
      let b = third![x]!;
      if (isLuma) {
        const cb = g - 128;
        const cr = b - 128;
        // JFIF 1.02; coefficients times 2^16.
        g = clamp(r + ((-22554 * cb - 46802 * cr + 32768) >> 16));
        b = clamp(r + ((116130 * cb + 32768) >> 16));
        r = clamp(r + ((91881 * cr + 32768) >> 16));
      }
      if (fourth) {
        // CMYK as Adobe writes it, inverted: black takes the same share of each colour. YCCK holds 255 less these values.
        r = ink(isLuma ? 255 - r : r, fourth[x]!);
        g = ink(isLuma ? 255 - g : g, fourth[x]!);
        b = ink(isLuma ? 255 - b : b, fourth[x]!);
      }
      out[to] = r;
      out[to + 1] = g;
      out[to + 2] = b;
    }
  };
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function ink(value: number, black: number): number {
  return Math.round((value * black) / 255);
}
