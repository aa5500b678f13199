import type sharpModule from "sharp";
import { finishImage, type DecodeImageOptions, type ImageTensor } from "../readers/images/decode-image.js";
import type { ImageHeader } from "../readers/images/image-header.js";
import type { RawImage } from "../readers/images/raw-image.js";

export type Sharp = typeof sharpModule;

/** What sharp does not decode, the decoder in JavaScript does, or says why it does not. */
export async function decodeWithSharp(
  sharp: Sharp,
  header: ImageHeader,
  bytes: Uint8Array,
  options: DecodeImageOptions,
): Promise<ImageTensor> {
  const settings = { ignoreIcc: true, limitInputPixels: header.width * header.height, failOn: "warning", sequentialRead: true } as const;
  const raw = await sharp(bytes, settings)
    .raw()
    .toBuffer({ resolveWithObject: true })
    .then(
      ({ data, info: { width, height, channels } }): RawImage => ({
        width,
        height,
        channels: channels as RawImage["channels"],
        data: plain(data),
      }),
      () => undefined,
    );
  return finishImage(raw ?? header.decode(), header.orientation, options);
}

/** A Buffer as what tensors are made of. */
function plain({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
