import { hostTensor, RandomStream, type HostTensor } from "@snapfit/base";

/** Samples with a class each: x [samples, features], y [samples]. */
export interface ClassSamples {
  readonly x: HostTensor<2, "float32">;
  readonly y: HostTensor<1, "int32">;
}

/** Samples with a value each: x [samples, features], y [samples, 1]. */
export interface ValueSamples {
  readonly x: HostTensor<2, "float32">;
  readonly y: HostTensor<2, "float32">;
}

/** How many samples, and which. */
export interface SampleOptions {
  /** @default 22 */
  readonly numSamples?: number;
  /** @default 4 */
  readonly numFeatures?: number;
  /** @default 1 */
  readonly seed?: number;
}

/** Clouds around one corner for each class: a small model learns them in a few steps. The same seed gives the same samples. @param options numClasses 3 by default */
export function seededClasses({
  numSamples = 22,
  numFeatures = 4,
  numClasses = 3,
  seed = 1,
}: SampleOptions & { readonly numClasses?: number } = {}): ClassSamples {
  const random = RandomStream.fromSeed(seed, "seededClasses");
  const x = new Float32Array(numSamples * numFeatures);
  const y = new Int32Array(numSamples);
  for (let i = 0; i < numSamples; i++) {
    y[i] = random.integer(numClasses);
    for (let j = 0; j < numFeatures; j++) x[i * numFeatures + j] = random.normal() + (j % numClasses === y[i] ? 2 : 0);
  }
  return { x: hostTensor(x, [numSamples, numFeatures]), y: hostTensor(y, [numSamples]) };
}

/** A noisy linear function of the features. The same seed gives the same samples. */
export function seededValues({ numSamples = 22, numFeatures = 4, seed = 1 }: SampleOptions = {}): ValueSamples {
  const random = RandomStream.fromSeed(seed, "seededValues");
  const x = new Float32Array(numSamples * numFeatures);
  const y = new Float32Array(numSamples);
  for (let i = 0; i < numSamples; i++) {
    let value = 0.1 * random.normal();
    for (let j = 0; j < numFeatures; j++) {
      const feature = (x[i * numFeatures + j] = random.normal());
      value += (feature * (j % 2 === 0 ? 1 : -1)) / (j + 1);
    }
    y[i] = value;
  }
  return { x: hostTensor(x, [numSamples, numFeatures]), y: hostTensor(y, [numSamples, 1]) };
}

/** {@link seededClasses} cut into batches, the last one shorter where it does not come out even. @param options batchSize 4 by default */
export function seededBatches({
  batchSize = 4,
  ...options
}: SampleOptions & { readonly numClasses?: number; readonly batchSize?: number } = {}): ClassSamples[] {
  const samples = seededClasses(options);
  const numSamples = samples.y.shape[0];
  return Array.from({ length: Math.ceil(numSamples / batchSize) }, (_, i) =>
    takeRows(
      samples,
      Array.from({ length: Math.min(batchSize, numSamples - i * batchSize) }, (_each, j) => i * batchSize + j),
    ),
  );
}

/** The rows with these indices of each array, in that order. */
export function takeRows<Samples extends Readonly<Record<keyof Samples, HostTensor>>>(samples: Samples, rows: readonly number[]): Samples {
  return Object.fromEntries(Object.entries<HostTensor>(samples).map(([name, tensor]) => [name, rowsOf(tensor, rows)])) as Samples;
}

function rowsOf({ dtype, shape, data }: HostTensor, rows: readonly number[]): HostTensor {
  const size = data.length / shape[0]!;
  const taken = new (data.constructor as Float32ArrayConstructor)(rows.length * size);
  rows.forEach((row, i) => taken.set(data.subarray(row * size, (row + 1) * size) as Float32Array, i * size));
  return hostTensor(taken, [rows.length, ...shape.slice(1)], dtype) as HostTensor;
}
