import { checkOption, checkOptions, hostTensor, oneOf, wholeNumberFrom, type HostTensor, type OptionChecks } from "@snapfit/base";
import { badSample } from "./bad-sample.js";
import type { ImageHeader } from "./image-header.js";
import { readJpegHeader } from "./jpeg/read-jpeg-header.js";
import { readPngHeader } from "./png/decode-png.js";
import { PNG_SIGNATURE } from "./png/png-chunks.js";
import { toChannels, turned } from "./raw-image.js";
import type { RawImage } from "./raw-image.js";

/** Options of {@link decodeImage} and of all that reads images. */
export interface DecodeImageOptions {
  /** 1: grey, 3: red, green, blue, 4: these and alpha. @default 3 */
  readonly channels?: 1 | 3 | 4;
  /** Larger images are refused before they are decoded. @default 100 000 000 */
  readonly maxPixels?: number;
}

/** An image: [height, width, channels]. */
export type ImageTensor = HostTensor<3, "uint8">;

/** Makes an image of the bytes of a file, whose name is for messages. */
export type ImageDecoder = (bytes: Uint8Array, file?: string) => ImageTensor | Promise<ImageTensor>;

/**
 * Decodes a PNG or a baseline or progressive JPEG, in browsers too. Which of them it is, the bytes tell, not the name.
 * JPEGs are turned as their Exif orientation says. CMYK becomes RGB without a colour profile, as it does in Pillow; embedded profiles are passed over.
 * Of 16 bits the upper 8 are taken. With 3 channels alpha is dropped, grey comes three times; one channel is 0.299 R + 0.587 G + 0.114 B.
 * @param file name of the file, for messages.
 * @throws SnapfitError `SAMPLE_BAD` if the bytes are damaged, too large an image, or none; `OPTION_UNKNOWN`, `OPTION_INVALID`.
 */
export function decodeImage(bytes: Uint8Array, options: DecodeImageOptions = {}, file = "image"): ImageTensor {
  checkOptions("decodeImage()", options, decodeChecks);
  checkOption("decodeImage()", "bytes", bytes, ["a Uint8Array with the bytes of a file", ArrayBuffer.isView]);
  const header = readImageHeader(bytes, options, file);
  return finishImage(header.decode(), header.orientation, options);
}

/** Turns pixels upright and gives them the channels asked for. */
export function finishImage(raw: RawImage, orientation: number, { channels = 3 }: DecodeImageOptions): ImageTensor {
  const { width, height, data } = toChannels(turned(raw, orientation), channels);
  return hostTensor(data, [height, width, channels]) as ImageTensor;
}

/** Reads a file up to its pixels, and refuses too many of them. */
export function readImageHeader(bytes: Uint8Array, { maxPixels = 100_000_000 }: DecodeImageOptions, file: string): ImageHeader {
  const header = formatHeader(bytes, file);
  const { width, height } = header;
  if (width * height > maxPixels)
    throw badSample(
      file,
      `the image has ${width} x ${height} pixels, but at most ${maxPixels} are decoded`,
      "Make it smaller, or raise `maxPixels`.",
    );
  return header;
}

function formatHeader(bytes: Uint8Array, file: string): ImageHeader {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return readJpegHeader(bytes, file);
  if (PNG_SIGNATURE.every((byte, i) => bytes[i] === byte)) return readPngHeader(bytes, file);
  throw badSample(file, `it holds ${describeBytes(bytes)}, but a PNG or JPEG is expected`, "Convert the file, or take it out.");
}

/** First bytes of what is found in image files that are no PNG or JPEG. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^GIF8/, "a GIF"],
  [/^BM/, "a BMP"],
  [/^RIFF.{4}WEBP/s, "a WebP"],
  [/^(II\*\0|MM\0\*)/, "a TIFF"],
  [/^.{4}ftyp(avif|avis)/s, "an AVIF"],
  [/^.{4}ftyp(heic|heix|mif1)/s, "a HEIC"],
  [/^\x89PNG/, "a PNG with a damaged signature (a transfer as text does that)"],
  [/^\s*</, "a text, such as a web page or an SVG"],
  [/^version https:\/\/git-lfs/, "a pointer of Git LFS"],
  [/^PK/, "a ZIP"],
];

function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return "no bytes";
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  const kind = KINDS.find(([pattern]) => pattern.test(start))?.[1];
  return kind ?? `data that begin with ${[...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

export const decodeChecks = {
  channels: ["1 (grey), 3 (colour) or 4 (colour and alpha)", oneOf(1, 3, 4)[1]],
  maxPixels: wholeNumberFrom(1),
} satisfies OptionChecks;
