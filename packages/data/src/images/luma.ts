import { SnapfitError } from "@snapfit/base";
import type { ImagePixels } from "./image-sample.js";

/**
 * How bright each pixel is, [height * width]: ITU-R BT.601-2. Bytes are rounded, as by Pillow's `convert("L")`, with weights of 16 fractional bits. Alpha does not count.
 * @param image of 1, 3 or 4 channels
 */
export function lumaOf({ height, width, channels, data }: ImagePixels): Uint8Array | Float32Array {
  if (channels === 1) return data.slice();
  const numPixels = height * width;
  if (data instanceof Uint8Array) {
    const luma = new Uint8Array(numPixels);
    for (let i = 0, at = 0; i < numPixels; i++, at += channels) {
      luma[i] = (data[at]! * 19595 + data[at + 1]! * 38470 + data[at + 2]! * 7471 + 32768) >> 16;
    }
    return luma;
  }
  const luma = new Float32Array(numPixels);
  for (let i = 0, at = 0; i < numPixels; i++, at += channels) luma[i] = data[at]! * 0.299 + data[at + 1]! * 0.587 + data[at + 2]! * 0.114;
  return luma;
}

/** @throws SnapfitError `IMAGE_FORM` if the channels are not those of grey, RGB or RGBA */
export function checkColor(name: string, { height, width, channels }: ImagePixels): void {
  if (channels === 1 || channels === 3 || channels === 4) return;
  throw new SnapfitError(
    "IMAGE_FORM",
    `${name}() got an image [${height}, ${width}, ${channels}]. It takes grey (1 channel), RGB (3) and RGBA (4). Leave it out for other channels.`,
  );
}
