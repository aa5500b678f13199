import { checkOptions, either, numberFrom } from "@snapfit/base";
import { changeBrightness, changeContrast, changeHue, changeSaturation, type ColorChange } from "./color.js";
import { randomRecoloring, type ImageTransform } from "./image-sample.js";
import { rangeOf } from "./image-options.js";
import { checkColor } from "./luma.js";
import { uniformIn, type Range } from "./uniform-in.js";

/** Options of {@link colorJitter}. What is left out does not change. */
export interface ColorJitterOptions {
  /** Factors `[low, high]`, or one number for `[1 - brightness, 1 + brightness]`, from 0. */
  readonly brightness?: number | Range;
  /** Factors of the distance to the mean brightness, in the same form. */
  readonly contrast?: number | Range;
  /** Factors of the distance to grey, in the same form. */
  readonly saturation?: number | Range;
  /** Shifts `[low, high]` as shares of the circle of colours, -0.5 to 0.5, or one number for `[-hue, hue]`. */
  readonly hue?: number | Range;
}

const factor = either(numberFrom(0), rangeOf(numberFrom(0)));
const checks = {
  brightness: factor,
  contrast: factor,
  saturation: factor,
  hue: either(numberFrom(0, 0.5), rangeOf(numberFrom(-0.5, 0.5))),
};

/**
 * Changes brightness, contrast, saturation and hue by random amounts, in random order. Bytes stay within 0 to 255, floats within 0 to 1: put {@link normalize} after it.
 * The first three give what Pillow's `ImageEnhance` does.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; of a sample `IMAGE_FORM`
 * @see torchvision's `ColorJitter`
 */
export function colorJitter(options: ColorJitterOptions): ImageTransform {
  checkOptions("colorJitter()", options, checks);
  const { brightness, contrast, saturation, hue } = options;
  const all: readonly (readonly [ColorChange, Range | undefined])[] = [
    [changeBrightness, rangeAround(1, brightness)],
    [changeContrast, rangeAround(1, contrast)],
    [changeSaturation, rangeAround(1, saturation)],
    [changeHue, rangeAround(0, hue)],
  ];
  const changes = all.flatMap(([change, range]) => (range === undefined ? [] : [{ change, range }]));
  return randomRecoloring("colorJitter", (image, random) => {
    checkColor("colorJitter", image);
    let changed = image;
    for (const i of random.permutation(changes.length)) {
      const { change, range } = changes[i]!;
      changed = change(changed, uniformIn(range, random));
    }
    return changed;
  });
}

function rangeAround(middle: 0 | 1, spread: number | Range | undefined): Range | undefined {
  if (typeof spread !== "number") return spread;
  return middle === 1 ? [Math.max(0, 1 - spread), 1 + spread] : [-spread, spread];
}
