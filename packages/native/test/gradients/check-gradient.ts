import { RandomStream } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";

/** Inputs by shape and the range that their values are drawn from; away from kinks and poles. */
export interface InputSpec {
  readonly shape: readonly number[];
  /** @default [-1, 1] */
  readonly range?: readonly [least: number, most: number];
  /** No two values closer than the steps of the check: for max, min and sorting. */
  readonly isDistinct?: boolean;
  /** No value closer to one of these than 0.05: for relu, abs, clip. */
  readonly avoids?: readonly number[];
}

/** One function with its inputs. */
export interface GradientCase {
  readonly inputs: readonly InputSpec[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
}

const stepSize = 1e-2;
const tolerance = 2e-3;

/**
 * Compares the gradient on the current backend with central differences along random directions, and along single elements at the borders.
 * The loss is a random linear read-out of the output, summed in float64, so that errors do not cancel.
 * @returns a sentence for each input whose gradient is wrong.
 */
export async function wrongGradients({ inputs, run }: GradientCase, seed: number): Promise<string[]> {
  const random = RandomStream.fromSeed(seed);
  const arrays = inputs.map((spec) => draw(spec, random));
  const tensors = (): tf.Tensor[] => arrays.map((array, i) => tf.tensor(array, [...inputs[i]!.shape]));
  const outputShape = tf.tidy(() => run(...tensors()).shape);
  const readOut = Float32Array.from({ length: tf.util.sizeFromShape(outputShape) }, () => random.normal());
  const gradients = tf.tidy(() => tf.grads(run)(tensors(), tf.tensor(readOut, outputShape)));
  const problems: string[] = [];
  for (const [i, gradient] of gradients.entries()) {
    const values = (await gradient.data()) as Float32Array;
    if (values.length !== arrays[i]!.length)
      problems.push(`input ${i}: the gradient has ${values.length} elements, not ${arrays[i]!.length}`);
    const norm = Math.hypot(...chunkNorms(values));
    for (const direction of directions(arrays[i]!.length, random)) {
      const plus = await loss(moved(arrays, i, direction, stepSize), inputs, run, readOut);
      const minus = await loss(moved(arrays, i, direction, -stepSize), inputs, run, readOut);
      const expected = (plus - minus) / (2 * stepSize);
      const actual = values.reduce((sum, value, k) => sum + value * direction[k]!, 0);
      const isClose = Math.abs(actual - expected) <= tolerance * Math.max(norm, Math.abs(expected), 0.1);
      if (!isClose) problems.push(`input ${i} [${inputs[i]!.shape}]: gradient ${actual}, differences ${expected}, norm ${norm}`);
    }
    gradient.dispose();
  }
  return problems;
}

function chunkNorms(values: ArrayLike<number>): number[] {
  const sums = [0];
  for (let k = 0; k < values.length; k++) sums[0]! += values[k]! * values[k]!;
  return [Math.sqrt(sums[0]!)];
}

/** Two random directions of length about 1, then the first, the last and one more element. */
function* directions(length: number, random: RandomStream): Generator<Float32Array> {
  for (let n = 0; n < 2; n++) yield Float32Array.from({ length }, () => random.normal() / Math.sqrt(length));
  for (const k of [0, length - 1, Math.floor(random.uniform() * length)]) {
    const single = new Float32Array(length);
    single[k] = 1;
    yield single;
  }
}

function moved(arrays: readonly Float32Array[], index: number, direction: Float32Array, step: number): Float32Array[] {
  return arrays.map((array, i) => (i === index ? array.map((value, k) => value + step * direction[k]!) : array));
}

async function loss(
  arrays: readonly Float32Array[],
  specs: readonly InputSpec[],
  run: GradientCase["run"],
  readOut: Float32Array,
): Promise<number> {
  const output = tf.tidy(() => run(...arrays.map((array, i) => tf.tensor(array, [...specs[i]!.shape]))));
  const values = (await output.data()) as Float32Array;
  output.dispose();
  return values.reduce((sum, value, k) => sum + value * readOut[k]!, 0);
}

function draw({ shape, range = [-1, 1], isDistinct = false, avoids = [] }: InputSpec, random: RandomStream): Float32Array {
  const [least, most] = range;
  const length = tf.util.sizeFromShape([...shape]);
  if (isDistinct) return distinct(length, random);
  return Float32Array.from({ length }, () => {
    const value = least + (most - least) * random.uniform();
    const near = avoids.find((kink) => Math.abs(value - kink) < 0.05);
    return near === undefined ? value : near + (value < near ? -0.05 : 0.05);
  });
}

/** Multiples of 0.05 in random order. */
function distinct(length: number, random: RandomStream): Float32Array {
  const values = Float32Array.from({ length }, (_, k) => 0.05 * (k - length / 2));
  for (let k = length - 1; k > 0; k--) {
    const other = Math.floor(random.uniform() * (k + 1));
    [values[k], values[other]] = [values[other]!, values[k]!];
  }
  return values;
}
