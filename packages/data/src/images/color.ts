import type { ImagePixels } from "./image-sample.js";
import { lumaOf } from "./luma.js";

/** Changes colours by a factor (brightness, contrast, saturation: 1 changes nothing) or a shift (hue: 0 changes nothing). Alpha stays. */
export type ColorChange = (image: ImagePixels, amount: number) => ImagePixels;

/** `image * factor`. */
export const changeBrightness: ColorChange = (image, factor) => blendWithLevel(image, 0, factor);

/** Away from the mean of the image's luma, or towards it; of bytes it is a whole number. */
export const changeContrast: ColorChange = (image, factor) => {
  const luma = lumaOf(image);
  let sum = 0;
  for (const value of luma) sum += value;
  const mean = sum / luma.length;
  return blendWithLevel(image, luma instanceof Uint8Array ? Math.floor(mean + 0.5) : mean, factor);
};

/** Away from the image in grey, or towards it. Grey images stay as they are. */
export const changeSaturation: ColorChange = (image, factor) => {
  const { channels, data } = image;
  if (channels === 1) return image;
  const luma = lumaOf(image);
  const changed = data.slice();
  const limit = limitOf(data);
  const amount = Math.fround(factor);
  for (let i = 0, at = 0; i < luma.length; i++, at += channels) {
    const grey = luma[i]!;
    for (let c = 0; c < 3; c++) changed[at + c] = blend(grey, data[at + c]!, amount, limit);
  }
  return { ...image, data: changed };
};

/**
 * Turns the hue by a share of the circle of colours, -0.5 to 0.5; saturation and value of HSV stay. Grey images stay as they are.
 * @see Smith 1978, doi 10.1145/965139.807361
 */
export const changeHue: ColorChange = (image, shift) => {
  const { channels, data } = image;
  if (channels === 1 || shift === 0) return image;
  const changed = data.slice();
  const half = data instanceof Uint8Array ? 0.5 : 0; // storing a byte cuts off: adding a half rounds
  for (let at = 0; at < data.length; at += channels) {
    const red = data[at]!;
    const green = data[at + 1]!;
    const blue = data[at + 2]!;
    const value = Math.max(red, green, blue);
    const chroma = value - Math.min(red, green, blue);
    if (chroma === 0) continue;
    // In sixths of the circle, from red over green to blue.
    const hue = value === red ? (green - blue) / chroma : value === green ? (blue - red) / chroma + 2 : (red - green) / chroma + 4;
    const turned = hue + shift * 6 + 12;
    changed[at] = channelOf(turned + 5, value, chroma) + half;
    changed[at + 1] = channelOf(turned + 3, value, chroma) + half;
    changed[at + 2] = channelOf(turned + 1, value, chroma) + half;
  }
  return { ...image, data: changed };
};

/** A channel falls from `value` by up to `chroma`, as far as `place` on the circle (in sixths) is from it. */
function channelOf(place: number, value: number, chroma: number): number {
  const sixths = place % 6;
  return value - chroma * Math.max(0, Math.min(sixths, 4 - sixths, 1));
}

/** `level + factor * (image - level)`, within the values of images. */
function blendWithLevel(image: ImagePixels, level: number, factor: number): ImagePixels {
  const { channels, data } = image;
  const colors = channels === 4 ? 3 : channels;
  const limit = limitOf(data);
  const amount = Math.fround(factor);
  const changed = data.slice();
  if (data instanceof Uint8Array) {
    const levels = Uint8Array.from({ length: 256 }, (_, value) => blend(level, value, amount, limit));
    for (let i = 0; i < data.length; i += channels) for (let c = 0; c < colors; c++) changed[i + c] = levels[data[i + c]!]!;
  } else {
    for (let i = 0; i < data.length; i += channels)
      for (let c = 0; c < colors; c++) changed[i + c] = blend(level, data[i + c]!, amount, limit);
  }
  return { ...image, data: changed };
}

const limitOf = (data: ImagePixels["data"]): number => (data instanceof Uint8Array ? 255 : 1);

/** In float32 as in Pillow: bytes are cut off, so that the last bit counts. */
function blend(level: number, value: number, factor: number, limit: number): number {
  const blended = Math.fround(level + Math.fround(factor * (value - level)));
  return blended < 0 ? 0 : blended > limit ? limit : blended;
}
