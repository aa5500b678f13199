import type { RandomStream } from "@snapfit/base";
import type { ImageSize } from "./image-sample.js";
import type { Box } from "./pixels.js";
import { uniformIn, type Range } from "./uniform-in.js";

const ATTEMPTS = 10;

/**
 * A box inside of the image with a random share of its area, a random ratio and place; undefined after ten that do not fit.
 * @param scale shares of the area. @param ratio width over height; low and high are as likely on a logarithmic scale.
 */
export function randomBox({ height, width }: ImageSize, scale: Range, ratio: Range, random: RandomStream): Box | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = height * width * uniformIn(scale, random);
    const aspect = Math.exp(uniformIn([Math.log(ratio[0]), Math.log(ratio[1])], random));
    const box = { height: Math.round(Math.sqrt(area / aspect)), width: Math.round(Math.sqrt(area * aspect)) };
    if (box.height < 1 || box.width < 1 || box.height > height || box.width > width) continue;
    return { top: random.integer(height - box.height + 1), left: random.integer(width - box.width + 1), ...box };
  }
  return undefined;
}
