import { decayedGradient, slotsLikeParameter, type UpdateMoment, type UpdateRule } from "./update-rule.js";

/** m = m + ofFirst (g - m);  v = beta2 v + ofSecond g g;  p = kept p - size m / (sqrt(v) + epsilon), with g = g + addedDecay p */
type AdamConstants = [addedDecay: number, kept: number, ofFirst: number, beta2: number, ofSecond: number, size: number, epsilon: number];

/** What an algorithm on Adam's two moments is. */
export interface AdamForm {
  readonly name: string;
  readonly beta1: number;
  /** Whether the root is of the largest mean square so far. */
  readonly isAmsgrad: boolean;
  constants(moment: UpdateMoment): AdamConstants;
}

/** Adam and what differs from it in the numbers of a step only. */
export function adamRule({ name, beta1, isAmsgrad, constants }: AdamForm): UpdateRule {
  const rule: UpdateRule<AdamConstants> = {
    name,
    slotsOf: isAmsgrad
      ? slotsLikeParameter("firstMoment", "secondMoment", "maxSecondMoment")
      : slotsLikeParameter("firstMoment", "secondMoment"),
    momentum: beta1,
    kernel: isAmsgrad ? "amsgrad" : "adam",
    constants,
    updateArrays: (numbers, values, gradient, [first, second, largest]) =>
      largest ? amsgradLoop(numbers, values, gradient, first!, second!, largest) : adamLoop(numbers, values, gradient, first!, second!),
    updateTensors([addedDecay, kept, ofFirst, beta2, ofSecond, size, epsilon], values, gradient, [first, second, largest]) {
      const g = decayedGradient(gradient, values, addedDecay);
      const newFirst = first!.add(g.sub(first!).mul(ofFirst));
      const newSecond = second!.mul(beta2).add(g.mul(ofSecond).mul(g));
      const newLargest = largest?.maximum(newSecond);
      const denominator = (newLargest ?? newSecond).sqrt().add(epsilon);
      const shrunk = kept === 1 ? values : values.mul(kept);
      const newValues = shrunk.sub(newFirst.mul(size).div(denominator));
      return newLargest ? [newValues, newFirst, newSecond, newLargest] : [newValues, newFirst, newSecond];
    },
  };
  return rule;
}

interface Numbers {
  readonly addedDecay: number;
  readonly kept: number;
  readonly ofFirst: number;
  readonly beta2: number;
  readonly ofSecond: number;
  readonly size: number;
  readonly epsilon: number;
}

// Four elements a turn: 15 % faster in V8 than one, which inlines the element.
function adamLoop(
  [addedDecay, kept, ofFirst, beta2, ofSecond, size, epsilon]: AdamConstants,
  values: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
): void {
  const c: Numbers = { addedDecay, kept, ofFirst, beta2, ofSecond, size, epsilon };
  const length = values.length;
  let i = 0;
  if (addedDecay === 0) {
    for (; i + 3 < length; i += 4) {
      adamElement(c, i, gradient[i]!, values, first, second);
      adamElement(c, i + 1, gradient[i + 1]!, values, first, second);
      adamElement(c, i + 2, gradient[i + 2]!, values, first, second);
      adamElement(c, i + 3, gradient[i + 3]!, values, first, second);
    }
  }
  for (; i < length; i++) adamElement(c, i, gradient[i]! + addedDecay * values[i]!, values, first, second);
}

function adamElement(c: Numbers, i: number, g: number, values: Float32Array, first: Float32Array, second: Float32Array): void {
  const oldFirst = first[i]!;
  const newFirst = oldFirst + c.ofFirst * (g - oldFirst);
  const newSecond = c.beta2 * second[i]! + c.ofSecond * g * g;
  first[i] = newFirst;
  second[i] = newSecond;
  // The one product that is rounded by itself, as elsewhere: its error has the same sign at every step and would add up.
  values[i] = Math.fround(c.kept * values[i]!) - (c.size * newFirst) / (Math.sqrt(newSecond) + c.epsilon);
}

// v' = max(v', v);  p = kept p - size m / (sqrt(v') + epsilon)
function amsgradLoop(
  [addedDecay, kept, ofFirst, beta2, ofSecond, size, epsilon]: AdamConstants,
  values: Float32Array,
  gradient: Float32Array,
  first: Float32Array,
  second: Float32Array,
  largest: Float32Array,
): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const g = gradient[i]! + addedDecay * value;
    const newFirst = first[i]! + ofFirst * (g - first[i]!);
    const newSecond = beta2 * second[i]! + ofSecond * g * g;
    const newLargest = Math.max(largest[i]!, newSecond);
    first[i] = newFirst;
    second[i] = newSecond;
    largest[i] = newLargest;
    values[i] = Math.fround(kept * value) - (size * newFirst) / (Math.sqrt(newLargest) + epsilon);
  }
}
