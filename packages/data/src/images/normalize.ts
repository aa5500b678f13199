import { anyNumber, checkOptions, numberAbove, SnapfitError } from "@snapfit/base";
import { channelsOf } from "./image-options.js";
import { recolorSample, type FixedTransform } from "./image-sample.js";

/** Options of {@link normalize}: one number, or one for each channel. */
export interface NormalizeOptions {
  /** Of values from 0 to 1. @default 0 */
  readonly mean?: number | readonly number[];
  /** Above 0. @default 1 */
  readonly std?: number | readonly number[];
}

/**
 * Makes float32 images `(value - mean) / std`. Bytes are divided by 255 first; without options that is all.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`, also if there are not as many numbers as channels; of a sample `IMAGE_FORM`
 */
export function normalize(options: NormalizeOptions = {}): FixedTransform<"float32"> {
  checkOptions("normalize()", options, { mean: channelsOf(anyNumber), std: channelsOf(numberAbove(0)) });
  const { mean = 0, std = 1 } = options;
  return (sample) =>
    recolorSample("normalize", sample, (image) => {
      const { channels, data } = image;
      const scale = data instanceof Uint8Array ? 255 : 1;
      const means = perChannel("mean", mean, channels);
      const stds = perChannel("std", std, channels);
      const normalized = new Float32Array(data.length);
      for (let c = 0; c < channels; c++) {
        // (value / scale - mean) / std = (value - mean * scale) / (std * scale)
        const shift = means[c]! * scale;
        const factor = 1 / (stds[c]! * scale);
        for (let i = c; i < data.length; i += channels) normalized[i] = (data[i]! - shift) * factor;
      }
      return { ...image, data: normalized };
    }) as never;
}

function perChannel(name: string, value: number | readonly number[], channels: number): readonly number[] {
  if (typeof value === "number") return Array.from({ length: channels }, () => value);
  if (value.length === channels) return value;
  throw new SnapfitError(
    "OPTION_INVALID",
    `normalize() got ${value.length} numbers as ${name} for an image of ${channels} channels. It takes one for each channel, or one number. Change the option, or put grayscale before it.`,
  );
}
