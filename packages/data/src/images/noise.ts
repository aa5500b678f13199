import { checkOptions, numberFrom, type RandomStream } from "@snapfit/base";
import { randomRecoloring, type ImagePixels, type ImageTransform } from "./image-sample.js";

/** Options of {@link gaussianNoise}. */
export interface GaussianNoiseOptions {
  /** Standard deviation as a share of the full range: 0.1 is 25.5 levels of bytes. */
  readonly sigma: number;
}

/**
 * Adds normal noise of its own to each value. Bytes are rounded and stay within 0 to 255, floats within 0 to 1: put {@link normalize} after it.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM`
 */
export function gaussianNoise(options: GaussianNoiseOptions): ImageTransform {
  checkOptions("gaussianNoise()", options, { sigma: numberFrom(0) }, ["sigma"]);
  return randomRecoloring("gaussianNoise", (image, random) => ({ ...image, data: addNoise(image.data, options.sigma, random) }));
}

function addNoise(data: ImagePixels["data"], sigma: number, random: RandomStream): ImagePixels["data"] {
  const noisy = data.slice();
  const limit = data instanceof Uint8Array ? 255 : 1;
  const half = data instanceof Uint8Array ? 0.5 : 0; // storing a byte cuts off: adding a half rounds
  const noise = normals(data.length, random);
  for (let i = 0; i < data.length; i++) noisy[i] = Math.min(Math.max(data[i]! + noise[i]! * sigma * limit, 0), limit) + half;
  return noisy;
}

/** Standard normal numbers, two from two words. @see Box and Muller 1958, doi 10.1214/aoms/1177706645 */
export function normals(length: number, random: RandomStream): Float32Array {
  const values = new Float32Array(length + (length % 2));
  random.fillUniform(values);
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - values[i]!));
    const angle = 2 * Math.PI * values[i + 1]!;
    values[i] = radius * Math.cos(angle);
    values[i + 1] = radius * Math.sin(angle);
  }
  return values.subarray(0, length);
}
