import * as tf from "@tensorflow/tfjs";
import { profileKernels, type NativeBackend } from "@snapfit/native";
import { randomNumbers } from "./on-both-backends.js";

export type Dtype = "float32" | "int32" | "bool";

const storage = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/** Whole numbers from `first` to `last`, from a seed. */
export function integers(seed: number): (first: number, last: number) => number {
  const next = randomNumbers(seed);
  return (first, last) => first + Math.floor(((next() + 1) / 2) * (last - first + 1) * (1 - 1e-9));
}

/** A tensor of the current backend with seeded values of its dtype. */
export function seeded(shape: readonly number[], dtype: Dtype, seed: number): tf.Tensor {
  const next = randomNumbers(seed);
  const draw = { float32: next, int32: () => Math.round(next() * 1e6), bool: () => (next() > 0 ? 1 : 0) }[dtype];
  const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, draw);
  return tf.tensor(dtype === "float32" ? values : Array.from(values), [...shape], dtype);
}

/** What a tensor holds. */
interface Result {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

function evaluate(run: () => tf.Tensor | tf.Tensor[]): Result[] {
  return tf.tidy(() =>
    [run()].flat().map((tensor) => ({ dtype: tensor.dtype, shape: tensor.shape, values: tensor.dataSync<"float32">() })),
  );
}

/**
 * Runs on both backends, natively in memory that is poisoned beforehand, and compares values, shapes and dtypes; the kernels in `native` must not
 * fall back, and every result must lie in an array of its dtype.
 * @param tolerance relative to the largest value; 0 for kernels that only move values @returns what differs, or ""
 */
export async function differenceFromCpu(
  run: () => tf.Tensor | tf.Tensor[],
  { native, tolerance = 0, label = "" }: { native: readonly string[]; tolerance?: number; label?: string },
): Promise<string> {
  await tf.setBackend("cpu");
  const expected = evaluate(run);
  await tf.setBackend("native");
  const { pool } = tf.backend() as NativeBackend;
  pool.isPoisoning = true;
  evaluate(run);
  let actual: Result[] = [];
  const uses = await profileKernels(() => {
    actual = evaluate(run);
  });
  pool.isPoisoning = false;
  for (const kernel of native) {
    const found = uses.filter((use) => use.kernel === kernel);
    if (found.length !== 1 || found[0]!.isFallback) return `${label}: ${kernel} did not run natively`;
  }
  if (actual.length !== expected.length) return `${label}: ${actual.length} results, not ${expected.length}`;
  const differences = expected.map((result, k) => difference(actual[k]!, result, tolerance)).filter((text) => text !== "");
  return differences.length === 0 ? "" : `${label}: ${differences.join("; ")}`;
}

function difference(actual: Result, expected: Result, tolerance: number): string {
  const kind = (result: Result): string => `${result.dtype} [${result.shape.join(", ")}], ${result.values.length} values`;
  if (kind(actual) !== kind(expected)) return `${kind(actual)} for ${kind(expected)}`;
  if (!(actual.values instanceof storage[actual.dtype as Dtype])) return `${actual.dtype} in a ${actual.values.constructor.name}`;
  let scale = 1e-6;
  for (let i = 0; i < expected.values.length; i++)
    if (Number.isFinite(expected.values[i])) scale = Math.max(scale, Math.abs(expected.values[i]!));
  for (let i = 0; i < expected.values.length; i++) {
    const [a, b] = [actual.values[i]!, expected.values[i]!];
    if (!(Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * scale)) return `element ${i} is ${a}, not ${b}`;
  }
  return "";
}

export const dtypes: readonly Dtype[] = ["float32", "int32", "bool"];

/** Shapes of ranks 1 to 6 that grow and shrink, some of size 0, and what else a case draws. */
export async function overShapes(
  numCases: number,
  check: (sample: {
    shape: number[];
    dtype: Dtype;
    pick: (first: number, last: number) => number;
    seed: number;
    label: string;
  }) => Promise<void>,
): Promise<void> {
  for (let seed = 1; seed <= numCases; seed++) {
    const pick = integers(seed);
    const rank = pick(1, 6);
    const most = [40, 20, 10, 6, 4, 3][rank - 1]!;
    const shape = Array.from({ length: rank }, () => pick(seed % 11 === 0 ? 0 : 1, most));
    const dtype = dtypes[seed % 3]!;
    await check({ shape, dtype, pick, seed, label: `seed ${seed}, ${dtype} [${shape}]` });
  }
}
