import { profileKernels, setPrecision, type NativeBackend } from "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { difference, randomValues } from "./on-both-backends.js";

export const backend = (): NativeBackend => tf.backend() as NativeBackend;
export const memoryOf = (tensor: tf.Tensor) => backend().memoryOf(tensor);

const bitsOf = (tensor: tf.Tensor): Uint16Array => backend().bf16(tensor).slice();

function ofFloatBits(bits: Uint16Array, shape: readonly number[]): tf.Tensor {
  const floats = new Float32Array(bits.length);
  new Uint32Array(floats.buffer).set(Uint32Array.from(bits, (half) => half * 65536));
  return tf.tensor(floats, [...shape]);
}

/** The values of a tensor as bfloat16 has them, in float32. */
export const rounded = (tensor: tf.Tensor): tf.Tensor => ofFloatBits(bitsOf(tensor), tensor.shape);

/** A tensor that lies as bfloat16 only. */
export const halfOf = (tensor: tf.Tensor): tf.Tensor => ofBits(bitsOf(tensor), tensor.shape);

/** A seeded tensor that lies as bfloat16 only, and the same numbers in float32. */
export function bothPrecisions(shape: readonly number[], seed: number): { half: tf.Tensor; full: tf.Tensor } {
  const given = tf.tensor(randomValues(shape, seed), [...shape]);
  const pair = { half: halfOf(given), full: rounded(given) };
  given.dispose();
  return pair;
}

/** A tensor over bfloat16 bits. */
function ofBits(bits: Uint16Array, shape: readonly number[]): tf.Tensor {
  const memory = backend().takeBf16(bits.length);
  memory.set(bits);
  const { dataId } = backend().own(shape, "float32", memory);
  return tf.engine().makeTensorFromDataId(dataId as tf.DataId, [...shape], "float32") as tf.Tensor;
}

export const values = (tensor: tf.Tensor) => ({ shape: tensor.shape, values: tensor.dataSync<"float32">() });

/** Rounding to 8 bits, relative to the largest value. */
const oneRounding = 2 ** -8;

/**
 * Runs the same on bfloat16 and on float32 tensors of equal numbers, the last `numFloats` of them in float32 both times. The first result has to lie as
 * bfloat16 (unless `isFloat`), no kernel may have made a float32 copy, and results have to differ by at most `bound`, relative to the largest value.
 * @returns what is not so
 */
export async function compare(
  shapes: readonly (readonly number[])[],
  run: (tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
  { isFloat = false, bound = oneRounding, numFloats = 0 }: { isFloat?: boolean; bound?: number; numFloats?: number } = {},
): Promise<string[]> {
  const pairs = shapes.map((shape, i) => bothPrecisions(shape, i + 1));
  setPrecision("f32");
  const expected = [run(pairs.map(({ full }) => full))].flat();
  setPrecision("bf16");
  const inputs = pairs.map(({ half, full }, i) => (i < shapes.length - numFloats ? half : full));
  let actual: tf.Tensor[] = [];
  const uses = await profileKernels(() => {
    actual = [run(inputs)].flat();
  });
  setPrecision("f32");
  const label = uses.map(({ kernel }) => kernel).join();
  const problems = uses
    .filter((use) => use.numWidened > 0 || use.isFallback)
    .map(({ kernel }) => `${kernel} made a float32 copy or fell back`);
  if (memoryOf(actual[0]!).isBf16Only === isFloat) problems.push(`${label}: the result lies as ${isFloat ? "bfloat16" : "float32"}`);
  if (actual.length !== expected.length) problems.push(`${label}: ${actual.length} results, not ${expected.length}`);
  const distances = actual.map((tensor, i) => difference(values(tensor), values(expected[i]!)));
  return [...problems, ...distances.filter((off) => !(off <= bound)).map((off) => `${label}: off by ${off}`)];
}

/** Of two gradients. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let [product, squareA, squareB] = [0, 0, 0];
  a.forEach((value, i) => {
    product += value * b[i]!;
    squareA += value * value;
    squareB += b[i]! * b[i]!;
  });
  return product / Math.sqrt(squareA * squareB);
}

/** Whether two lists of results are the same bits: a failing `toEqual` would take minutes to print thousands of numbers. */
export const areSameBits = (a: readonly Float32Array[], b: readonly Float32Array[]): boolean =>
  a.length === b.length &&
  a.every((values, i) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).equals(Buffer.from(b[i]!.buffer, b[i]!.byteOffset, b[i]!.byteLength)),
  );
