import type { RandomStream } from "@snapfit/base";
import { mixing, type BatchTransform, type LabeledImages, type MixOptions } from "./mixing.js";
import type { Box } from "./pixels.js";

/**
 * Replaces a rectangle of each image of a batch by that of the one before it (the first takes from the last), at one random place for the batch; labels are mixed by
 * the areas. Shuffle, so that chance makes the pairs.
 * @throws SnapfitError as {@link mixUp}
 * @see Yun et al. 2019, arXiv:1905.04899; torchvision's `CutMix`
 */
export function cutMix(options: MixOptions): BatchTransform {
  return mixing("cutMix", options, (image, share, random) => {
    const [, height, width] = image.shape;
    const box = randomBoxOf(height, width, 1 - share, random);
    return { data: pasted(image, box), share: 1 - (box.height * box.width) / (height * width) };
  });
}

/** A box of the image's ratio with this share of its area, around a random pixel; what lies outside is cut off. */
function randomBoxOf(height: number, width: number, share: number, random: RandomStream): Box {
  const middleX = random.integer(width);
  const middleY = random.integer(height);
  const halfWidth = Math.trunc((Math.sqrt(share) / 2) * width);
  const halfHeight = Math.trunc((Math.sqrt(share) / 2) * height);
  const top = Math.max(0, middleY - halfHeight);
  const left = Math.max(0, middleX - halfWidth);
  return { top, left, height: Math.min(height, middleY + halfHeight) - top, width: Math.min(width, middleX + halfWidth) - left };
}

function pasted({ shape: [num, height, width, channels], data }: LabeledImages["image"], box: Box): Uint8Array | Float32Array {
  const mixed = data.slice();
  for (let i = 0; i < num; i++) {
    const other = (i + num - 1) % num;
    for (let y = box.top; y < box.top + box.height; y++) {
      const start = ((other * height + y) * width + box.left) * channels;
      mixed.set(data.subarray(start, start + box.width * channels), ((i * height + y) * width + box.left) * channels);
    }
  }
  return mixed;
}
