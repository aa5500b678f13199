import { anyFunction, checkOption, numberFrom, type OptionCheck } from "@snapfit/base";
import type { FixedTransform, ImageSample, ImageTransform, RandomContext } from "./image-sample.js";

type AnyTransform = ImageTransform<"float32" | "same">;
type AnyFixedTransform = FixedTransform<"float32" | "same">;

/** The dtype that a list of transforms makes: float32 if one of them does. */
type OutOf<Transforms extends readonly AnyTransform[]> = number extends Transforms["length"]
  ? Transforms[number] extends ImageTransform
    ? "same"
    : "float32" | "same"
  : Transforms extends readonly [infer First, ...infer Rest extends AnyTransform[]]
    ? First extends ImageTransform
      ? OutOf<Rest>
      : "float32"
    : "same";

/**
 * One transform after the other. Each draws from a stream of its own, so that a change of one leaves the others' random numbers as they are.
 * Of transforms that draw nothing it makes one that needs no context.
 * @throws SnapfitError `OPTION_INVALID` if something is no transform
 *
 * @example
 * import { hostTensor, RandomStream } from "@snapfit/base";
 * const augment = compose(maybe(0.5, flipHorizontal()), randomCrop({ size: 24 }), normalize({ mean: 0.5, std: 0.25 }));
 * const sample = { image: hostTensor(new Uint8Array(32 * 32 * 3), [32, 32, 3]), label: 1 };
 * const { image, label } = augment(sample, { random: RandomStream.fromSeed(7) });
 * console.log(image.shape, image.dtype, label); // [ 24, 24, 3 ] float32 1
 */
export function compose<const Transforms extends readonly AnyFixedTransform[]>(
  ...transforms: Transforms
): FixedTransform<OutOf<Transforms>>;
export function compose<const Transforms extends readonly AnyTransform[]>(...transforms: Transforms): ImageTransform<OutOf<Transforms>>;
export function compose(...transforms: readonly AnyTransform[]): unknown {
  transforms.forEach((transform, i) => checkOption("compose()", `transforms[${i}]`, transform, transformRule));
  return (sample: ImageSample, context?: RandomContext): ImageSample =>
    transforms.reduce<ImageSample>(
      // Without a context there are only transforms that do not look at it.
      (changed, transform, i) => transform(changed, (context && { random: context.random.split(i) }) as RandomContext),
      sample,
    );
}

/**
 * The transform with this probability; else the sample stays as it is.
 * @param probability 0 to 1. @throws SnapfitError `OPTION_INVALID`
 */
export function maybe(probability: number, transform: ImageTransform): ImageTransform {
  checkOption("maybe()", "probability", probability, numberFrom(0, 1));
  checkOption("maybe()", "transform", transform, transformRule);
  return (sample, context) => (context.random.uniform() < probability ? transform(sample, context) : sample);
}

const transformRule: OptionCheck = ["a transform, a function as flipHorizontal() makes it; several are passed one by one", anyFunction[1]];
