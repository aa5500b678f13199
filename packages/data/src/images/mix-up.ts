import { mixing, type BatchTransform, type LabeledImages, type MixOptions } from "./mixing.js";

/**
 * Mixes each image of a batch with the one before it (the first with the last), by one share for the batch, and the labels alike. Shuffle, so that chance makes the
 * pairs. Bytes are rounded.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a batch `IMAGE_FORM`, `LABEL_RANGE`
 * @see Zhang et al. 2017, arXiv:1710.09412; torchvision's `MixUp`
 *
 * @example
 * import { hostTensor, RandomStream } from "@snapfit/base";
 * const batch = { image: hostTensor(Float32Array.of(0, 1), [2, 1, 1, 1]), label: hostTensor(Int32Array.of(0, 1), [2]) };
 * const { image, label } = mixUp({ numClasses: 2 })(batch, { random: RandomStream.fromSeed(1) });
 * console.log(image.data, label.data); // for a share of 0.7 [ 0.3, 0.7 ] and [ 0.7, 0.3, 0.3, 0.7 ]
 */
export function mixUp(options: MixOptions): BatchTransform {
  return mixing("mixUp", options, (image, share) => ({ data: mixedValues(image, share), share }));
}

function mixedValues({ shape, data }: LabeledImages["image"], share: number): Uint8Array | Float32Array {
  const length = data.length / shape[0];
  const half = data instanceof Uint8Array ? 0.5 : 0; // storing a byte cuts off: adding a half rounds
  const mixed = data.slice();
  for (let i = 0, other = data.length - length; i < data.length; i++, other++) {
    if (other === data.length) other = 0;
    mixed[i] = share * data[i]! + (1 - share) * data[other]! + half;
  }
  return mixed;
}
