import { checkOptions } from "@snapfit/base";
import {
  decodeChecks,
  finishImage,
  readImageHeader,
  type DecodeImageOptions,
  type ImageDecoder,
  type ImageTensor,
} from "../readers/images/decode-image.js";
import type { ImageHeader } from "../readers/images/image-header.js";
import { decodeWithSharp, type Sharp } from "./decode-with-sharp.js"; // apart: declarations that name sharp would not compile without it

/**
 * What decodes PNG and JPEG files in Node: `sharp` where it is installed and faster, `decodeImage()` otherwise. The pixels are the same.
 * @throws SnapfitError as `decodeImage`.
 *
 * @example
 * ```ts no-run
 * import { readFile } from "node:fs/promises";
 * const decode = imageDecoder({ channels: 1 });
 * console.log((await decode(await readFile("a.png"), "a.png")).shape); // [ height, width, 1 ]
 * ```
 */
export function imageDecoder(options: DecodeImageOptions = {}): ImageDecoder {
  checkOptions("imageDecoder()", options, decodeChecks);
  return (bytes, file = "image") => {
    const header = readImageHeader(bytes, options, file);
    return header.isQuick || header.isCmyk
      ? finishImage(header.decode(), header.orientation, options)
      : decodeLarge(header, bytes, options);
  };
}

/** Loaded when it is needed first: that takes longer than a thousand small images. */
let loading: Promise<Sharp | undefined> | undefined;

async function decodeLarge(header: ImageHeader, bytes: Uint8Array, options: DecodeImageOptions): Promise<ImageTensor> {
  loading ??= import("sharp").then(
    (module) => module.default,
    () => undefined,
  );
  const sharp = await loading;
  return sharp ? decodeWithSharp(sharp, header, bytes, options) : finishImage(header.decode(), header.orientation, options);
}
