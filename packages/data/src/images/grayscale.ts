import { recoloring, type FixedTransform, type ImagePixels } from "./image-sample.js";
import { checkOptions, type Rule } from "./image-options.js";
import { checkColor, lumaOf } from "./luma.js";

/** Options of {@link grayscale}. */
export interface GrayscaleOptions {
  /** Channels of the result; with 3 all are equal. @default 1 */
  readonly channels?: 1 | 3;
}

/** Makes images grey, by ITU-R BT.601 as Pillow does. Alpha is dropped. @throws SnapfitError `IMAGE_OPTIONS`; of a sample `IMAGE_FORM` */
export function grayscale(options: GrayscaleOptions = {}): FixedTransform {
  const channelsRule: Rule = { isRight: (value) => value === 1 || value === 3, expected: "1 or 3" };
  checkOptions("grayscale", options, { channels: channelsRule });
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
