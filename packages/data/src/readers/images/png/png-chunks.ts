import { badSample } from "../bad-sample.js";
import { crc32 } from "../../crc32.js";

/** What stands in a PNG besides its pixels. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  readonly colour: "grey" | "rgb" | "palette" | "grey-alpha" | "rgb-alpha";
  readonly isInterlaced: boolean;
  /** Red, green, blue of each index. */
  readonly palette: Uint8Array | undefined;
  /** Of a palette the alpha of each index, else the samples of the transparent colour, two bytes each. */
  readonly transparency: Uint8Array | undefined;
  /** The parts of the compressed pixels. */
  readonly data: readonly Uint8Array[];
}

export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Colour types of the header, with the depths that each may have (PNG specification, table 11.1). */
const COLOURS: Readonly<Record<number, { readonly colour: PngHeader["colour"]; readonly depths: readonly number[] }>> = {
  0: { colour: "grey", depths: [1, 2, 4, 8, 16] },
  2: { colour: "rgb", depths: [8, 16] },
  3: { colour: "palette", depths: [1, 2, 4, 8] },
  4: { colour: "grey-alpha", depths: [8, 16] },
  6: { colour: "rgb-alpha", depths: [8, 16] },
};

/** The error of a damaged PNG. */
export function pngFault(file: string, byte: number, what: string, how = "damaged", cause?: unknown): Error {
  return badSample(file, `the PNG is ${how}, byte ${byte}: ${what}`, undefined, cause);
}

/** Reads the chunks of a PNG, and checks the sums of those that matter. */
export function readPngChunks(bytes: Uint8Array, file: string): PngHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Pick<PngHeader, "width" | "height" | "depth" | "colour" | "isInterlaced"> | undefined;
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  const data: Uint8Array[] = [];
  for (let at = PNG_SIGNATURE.length; ;) {
    if (at + 12 > bytes.length) throw pngFault(file, bytes.length, "the file ends before its end chunk", "truncated");
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (length > bytes.length - at - 12) {
      if (!/^[A-Za-z]{4}$/.test(type)) throw pngFault(file, at, "there is no chunk, but one is due");
      throw pngFault(file, bytes.length, `the file ends in a chunk ${type} of ${length} bytes`, "truncated");
    }
    const content = bytes.subarray(at + 8, at + 8 + length);
    // Chunks with a small first letter may be passed over by anyone: only transparency is of use here.
    const isUsed = /^[A-Z]/.test(type) || type === "tRNS";
    if (isUsed && crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length))
      throw pngFault(file, at, `the check sum of chunk ${JSON.stringify(type)} does not hold`);
    if (!header && type !== "IHDR") throw pngFault(file, at, `the first chunk is ${JSON.stringify(type)}, but IHDR is expected`);
    if (type === "IHDR") header = readHeader(content, file, at);
    else if (type === "PLTE") palette = content;
    else if (type === "tRNS") transparency = content;
    else if (type === "IDAT") data.push(content);
    else if (type === "IEND") return checkPalette({ ...header!, palette, transparency, data }, file, at);
    else if (isUsed) throw pngFault(file, at, `there is a chunk ${JSON.stringify(type)} that no one may pass over, and that is not known`);
    at += 12 + length;
  }
}

function readHeader(
  content: Uint8Array,
  file: string,
  at: number,
): Pick<PngHeader, "width" | "height" | "depth" | "colour" | "isInterlaced"> {
  if (content.length !== 13) throw pngFault(file, at, `IHDR has ${content.length} bytes, but 13 are expected`);
  const view = new DataView(content.buffer, content.byteOffset);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  if (width < 1 || height < 1 || width > 0x7fffffff || height > 0x7fffffff)
    throw pngFault(file, at + 8, `the size is ${width} x ${height}; both are 1 to 2147483647`);
  const [depth, type, compression, filter, interlace] = content.subarray(8) as unknown as [number, number, number, number, number];
  const known = COLOURS[type];
  if (!known?.depths.includes(depth)) throw pngFault(file, at + 16, `there is no colour type ${type} of ${depth} bits`);
  if (compression !== 0 || filter !== 0 || interlace > 1)
    throw pngFault(
      file,
      at + 18,
      `compression, filter and interlace method are ${compression}, ${filter}, ${interlace}; 0, 0 and 0 or 1 are expected`,
    );
  return { width, height, depth, colour: known.colour, isInterlaced: interlace === 1 };
}

function checkPalette(header: PngHeader, file: string, end: number): PngHeader {
  const { colour, palette, transparency } = header;
  if (header.data.length === 0) throw pngFault(file, end, "there is no chunk IDAT, which holds the pixels");
  if (colour === "palette" && (!palette || palette.length === 0 || palette.length % 3 !== 0 || palette.length > 768))
    throw pngFault(file, end, `the palette has ${palette?.length ?? 0} bytes, but 3 for each of 1 to 256 colours are expected`);
  const numExpected = colour === "grey" ? 2 : colour === "rgb" ? 6 : undefined;
  if (transparency && numExpected !== undefined && transparency.length !== numExpected)
    throw pngFault(file, end, `tRNS has ${transparency.length} bytes, but ${numExpected} are expected`);
  return header;
}
