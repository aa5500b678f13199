import { checkOptions, isHostTensor, numberAbove, SnapfitError, wholeNumberFrom, type HostTensor, type RandomStream } from "@snapfit/base";
import { drawBeta } from "./beta.js";
import type { ImageDType, RandomContext } from "./image-sample.js";

/** What {@link mixUp} and {@link cutMix} take: images [batch, height, width, channels], and labels as class indices [batch] or already soft [batch, numClasses]. */
export interface LabeledImages {
  readonly image: HostTensor<4, ImageDType | "bool">;
  readonly label: HostTensor<1> | HostTensor<2>;
}

/** The type of a batch after mixing: labels are soft, [batch, numClasses]; the rest keeps its type. */
export type SoftLabeled<Batch> = { [Name in keyof Batch]: Name extends "label" ? HostTensor<2, "float32"> : Batch[Name] };

/** Options of {@link mixUp} and {@link cutMix}. */
export interface MixOptions {
  /** Classes of the labels: the length of a soft one. */
  readonly numClasses: number;
  /** Of the distribution Beta(alpha, alpha) that the share is drawn from: 1 makes all shares as likely, less prefers little mixing. @default 1 */
  readonly alpha?: number;
}

/** Makes another batch of a batch, from the stream of the batch. Never changes what it is given. */
export interface BatchTransform {
  <Batch extends LabeledImages>(batch: Batch, context: RandomContext): SoftLabeled<Batch>;
}

/** Makes images of the batch's, and says which share of each is its own. @param share drawn from Beta(alpha, alpha) */
type Mix = (
  image: LabeledImages["image"],
  share: number,
  random: RandomStream,
) => { readonly data: Uint8Array | Float32Array; readonly share: number };

/** A transform of batches that mixes images by `mix`, and labels by the shares. */
export function mixing(name: string, options: MixOptions, mix: Mix): BatchTransform {
  checkOptions(`${name}()`, options, { numClasses: wholeNumberFrom(1), alpha: numberAbove(0) }, ["numClasses"]);
  const { numClasses, alpha = 1 } = options;
  return (batch, { random }) => {
    checkBatch(name, batch);
    const { data, share } = mix(batch.image, drawBeta(alpha, random), random);
    return { ...batch, image: { ...batch.image, data }, label: mixedLabels(name, batch.label, numClasses, share) } as never;
  };
}

/** @throws SnapfitError `IMAGE_FORM` if the batch has no such images, or a mask, which would not fit any more */
function checkBatch(name: string, batch: LabeledImages): void {
  const { image, label, mask } = batch as Partial<LabeledImages> & { readonly mask?: unknown };
  const isImage = isHostTensor(image) && image.shape.length === 4 && (image.dtype === "uint8" || image.dtype === "float32");
  if (isImage && isHostTensor(label) && label.shape[0] === image.shape[0] && mask === undefined) return;
  const form = (value: unknown): string =>
    isHostTensor(value) ? `${value.dtype} [${value.shape.join(", ")}]` : value === undefined ? "nothing" : String(value);
  throw new SnapfitError(
    "IMAGE_FORM",
    `${name}() got a batch with ${form(image)} as "image", ${form(label)} as "label" and ${form(mask)} as "mask". It mixes uint8 or float32 images [batch, height, width, channels] whose labels are [batch] or [batch, numClasses], without masks. Call it on what collate() makes.`,
  );
}

/**
 * Each label as shares of the classes, mixed with that of the sample before.
 * @param share of a sample's own label, 0 to 1.
 * @throws SnapfitError `LABEL_RANGE` if a class index is not a whole number in [0, numClasses), or soft labels are of other classes
 */
function mixedLabels(name: string, label: LabeledImages["label"], numClasses: number, share: number): HostTensor<2, "float32"> {
  const hard = softLabels(name, label, numClasses);
  const data = hard.map((value, i) => share * value + (1 - share) * hard[i < numClasses ? hard.length - numClasses + i : i - numClasses]!);
  return { dtype: "float32", shape: [hard.length / numClasses, numClasses], data };
}

function softLabels(name: string, { shape, data }: LabeledImages["label"], numClasses: number): Float32Array {
  if (shape.length === 2 && shape[1] === numClasses) return Float32Array.from(data);
  if (shape.length === 2) {
    throw new SnapfitError(
      "LABEL_RANGE",
      `${name}() got labels [${shape.join(", ")}]. Soft labels are [batch, ${numClasses}]. Check numClasses.`,
    );
  }
  const soft = new Float32Array(data.length * numClasses);
  data.forEach((index, i) => {
    if (!(Number.isInteger(index) && index >= 0 && index < numClasses)) {
      throw new SnapfitError(
        "LABEL_RANGE",
        `${name}() got the label ${index} of sample ${i} in the batch. Labels are whole numbers from 0 to ${numClasses - 1}. Check them, or numClasses.`,
      );
    }
    soft[i * numClasses + index] = 1;
  });
  return soft;
}
