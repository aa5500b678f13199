import { checkOptions, oneOf } from "@snapfit/base";
import { recoloring, type FixedTransform, type ImagePixels } from "./image-sample.js";
import { checkColor, lumaOf } from "./luma.js";

/** Options of {@link grayscale}. */
export interface GrayscaleOptions {
  /** Channels of the result; with 3 all are equal. @default 1 */
  readonly channels?: 1 | 3;
}

/** Makes images grey, by ITU-R BT.601 as Pillow does. Alpha is dropped. @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM` */
export function grayscale(options: GrayscaleOptions = {}): FixedTransform {
  checkOptions("grayscale()", options, { channels: oneOf(1, 3) });
  const { channels = 1 } = options;
  return recoloring("grayscale", (image) => {
    checkColor("grayscale", image);
    const luma = lumaOf(image);
    return { ...image, channels, data: channels === 1 ? luma : tripled(luma) };
  });
}

function tripled(luma: ImagePixels["data"]): ImagePixels["data"] {
  const data = luma instanceof Uint8Array ? new Uint8Array(luma.length * 3) : new Float32Array(luma.length * 3);
  for (let i = 0; i < data.length; i++) data[i] = luma[Math.floor(i / 3)]!;
  return data;
}
