import { isHostTensor, SnapfitError, type HostDType, type HostTensor, type RandomStream } from "@snapfit/base";
import type { Pixels } from "./pixels.js";

/** Element types of images: uint8 from 0 to 255, float32 as a rule from 0 to 1. */
export type ImageDType = "uint8" | "float32";

/**
 * What transforms take: a record with an image [height, width, channels], and where it has one, a mask [height, width] or [height, width, channels] of any dtype.
 * Other fields pass through.
 */
export interface ImageSample {
  // `hostTensor(new Uint8Array(…), shape)` has the type "uint8" | "bool"; an image of bools is refused when it comes.
  readonly image: HostTensor<3, ImageDType | "bool">;
  readonly mask?: HostTensor<2> | HostTensor<3> | undefined;
}

/** What random transforms need: the `context` that a loader gives to its `transform` has it. */
export interface RandomContext {
  readonly random: RandomStream;
}

/** The type of a sample after a transform: the image is float32, or of the same dtype as before; the rest of the sample keeps its type. */
export type Transformed<Sample, Out extends "float32" | "same"> = Out extends "float32"
  ? { [Name in keyof Sample]: Name extends "image" ? HostTensor<3, Out> : Sample[Name] }
  : Sample;

/**
 * Makes another sample of a sample. Never changes what it is given.
 * `Out` tells the dtype of the images it makes.
 */
export interface ImageTransform<Out extends "float32" | "same" = "same"> {
  <Sample extends ImageSample>(sample: Sample, context: RandomContext): Transformed<Sample, Out>;
}

/** An {@link ImageTransform} that draws nothing, so it may be called without a context. */
export interface FixedTransform<Out extends "float32" | "same" = "same"> {
  <Sample extends ImageSample>(sample: Sample, context?: RandomContext): Transformed<Sample, Out>;
}

/** Height and width in pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** Moves pixels. What differs between an image and its mask (interpolation, fill) it tells by `part`. */
export type Move = (pixels: Pixels, part: "image" | "mask") => Pixels;

/** A transform that moves the pixels of image and mask alike. */
export function movement(name: string, plan: (size: ImageSize) => Move): FixedTransform {
  return (sample) => moveSample(name, sample, plan);
}

/** A {@link movement} that draws where to. */
export function randomMovement(name: string, plan: (size: ImageSize, random: RandomStream) => Move): ImageTransform {
  return (sample, { random }) => moveSample(name, sample, (size) => plan(size, random));
}

function moveSample<Sample extends ImageSample>(
  name: string,
  sample: Sample,
  plan: (size: ImageSize) => Move,
): Transformed<Sample, "same"> {
  const image = imagePixels(name, sample);
  const mask = maskPixels(name, sample, image);
  const move = plan(image);
  const moved: ImageSample = { ...sample, image: tensorOf(move(image, "image"), "image", sample.image) };
  return (mask && sample.mask ? { ...moved, mask: tensorOf(move(mask, "mask"), "mask", sample.mask) } : moved) as Sample;
}

/** A transform of the image's values alone. */
export function recoloring(name: string, change: (image: ImagePixels) => ImagePixels): FixedTransform {
  return (sample) => recolorSample(name, sample, change) as never;
}

/** A {@link recoloring} that draws how. */
export function randomRecoloring(name: string, change: (image: ImagePixels, random: RandomStream) => ImagePixels): ImageTransform {
  return (sample, { random }) => recolorSample(name, sample, (image) => change(image, random)) as never;
}

/** The sample with another image; its dtype is that of the new values. */
export function recolorSample(name: string, sample: ImageSample, change: (image: ImagePixels) => ImagePixels): ImageSample {
  const { data, height, width, channels } = change(imagePixels(name, sample));
  const dtype = data instanceof Float32Array ? "float32" : "uint8";
  return { ...sample, image: { dtype, shape: [height, width, channels], data } as HostTensor<3, ImageDType> };
}

/** Pixels of an image. */
export type ImagePixels = Pixels<Uint8Array | Float32Array>;

function imagePixels(name: string, sample: ImageSample): ImagePixels {
  const image: unknown = (sample as Partial<ImageSample> | undefined)?.image;
  const isImage =
    isHostTensor(image) && (image.dtype === "uint8" || image.dtype === "float32") && image.shape.length === 3 && isFilled(image);
  if (!isImage) {
    throw new SnapfitError(
      "IMAGE_FORM",
      `${name}() got ${formOf(image)} as "image". It is a uint8 or float32 array [height, width, channels] of at least one pixel, in a record with the field image. Check what the set yields.`,
    );
  }
  const [height, width, channels] = image.shape as readonly [number, number, number];
  return { height, width, channels, data: image.data as Uint8Array | Float32Array };
}

function maskPixels(name: string, { mask }: ImageSample, image: ImageSize): Pixels | undefined {
  if (mask === undefined) return undefined;
  if (isHostTensor(mask) && isFilled(mask) && (mask.shape.length === 2 || mask.shape.length === 3)) {
    const [height, width, channels = 1] = mask.shape as readonly [number, number, number?];
    if (height === image.height && width === image.width) return { height, width, channels, data: mask.data };
  }
  throw new SnapfitError(
    "IMAGE_FORM",
    `${name}() got ${formOf(mask)} as "mask" of an image of ${image.height} x ${image.width}. A mask is [height, width] or [height, width, channels], as high and wide as its image. Check the pairs, or resize the mask.`,
  );
}

function isFilled({ shape, data }: HostTensor): boolean {
  return data.length > 0 && shape.reduce((product, length) => product * length, 1) === data.length;
}

function formOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (!isHostTensor(value)) return (value as object | null)?.constructor?.name ?? String(value);
  return `${value.dtype} [${value.shape.join(", ")}] with ${value.data.length} values`;
}

function tensorOf<D extends HostDType>(
  { height, width, channels, data }: Pixels,
  part: "image" | "mask",
  like: HostTensor<2, D> | HostTensor<3, D>,
): HostTensor<3, D> {
  const shape = part === "mask" && like.shape.length === 2 ? [height, width] : [height, width, channels];
  return { dtype: like.dtype, shape, data } as unknown as HostTensor<3, D>;
}
