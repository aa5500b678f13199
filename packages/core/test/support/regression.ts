import { hostTensor, RandomStream, type HostTensor } from "@snapfit/base";
import type { Optimizer } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { Trainer, type StepResult, type TrainerOptions, type Weights } from "../../src/index.js";

/** Rows of a small regression as tensors. */
export interface Rows {
  readonly x: tf.Tensor2D;
  readonly y: tf.Tensor2D;
}
/** The same as a loader yields them. */
export interface HostRows {
  readonly x: HostTensor<2, "float32">;
  readonly y: HostTensor<2, "float32">;
}

/** Rows with 3 inputs and 2 targets, in batches of the given sizes. The rows depend on the seed alone, not on how they are cut. */
export function rowsIn(sizes: readonly number[], seed = 1): HostRows[] {
  const random = RandomStream.fromSeed(seed, "rows");
  return sizes.map((size) => {
    const x = new Float32Array(size * 3);
    const y = new Float32Array(size * 2);
    for (let row = 0; row < size; row++) {
      const [a, b, c] = [random.normal(), random.normal(), random.normal()];
      x.set([a, b, c], 3 * row);
      y.set([Math.sin(a) + 0.5 * b, a * c], 2 * row);
    }
    return { x: hostTensor(x, [size, 3]), y: hostTensor(y, [size, 2]) };
  });
}

/** Batches of equal size. */
export function rows(count: number, size = 4, seed = 1): HostRows[] {
  return rowsIn(
    Array.from({ length: count }, () => size),
    seed,
  );
}

/** The mean of squares over rows and targets. */
export function squaredError(predicted: tf.Tensor, y: tf.Tensor): tf.Scalar {
  return predicted.sub(y).square().mean();
}

/** Two dense layers with explicit names, small random weights of a fixed seed. */
export function smallModel(): tf.LayersModel {
  const kernel = (seed: number) => tf.initializers.glorotUniform({ seed });
  return tf.sequential({
    layers: [
      tf.layers.dense({ name: "hidden", units: 5, activation: "tanh", inputShape: [3], kernelInitializer: kernel(11) }),
      tf.layers.dense({ name: "head", units: 2, kernelInitializer: kernel(12) }),
    ],
  });
}

/** Trains a model on {@link Rows} by squared error. */
export class Regression extends Trainer<Rows> {
  protected override trainingStep({ x, y }: Rows, _index: number, _name: string): StepResult {
    return { loss: squaredError(this.forward(x), y) };
  }
  protected override validationStep({ x, y }: Rows): StepResult {
    const predicted = this.forward(x);
    return { loss: squaredError(predicted, y), outputs: { predicted, y } };
  }
}

/** Lines that a trainer says, by level. */
export class Lines {
  readonly all: string[] = [];
  debug(line: string): void {
    this.all.push(`debug ${line}`);
  }
  info(line: string): void {
    this.all.push(`info ${line}`);
  }
  warning(line: string): void {
    this.all.push(`warning ${line}`);
  }
  error(line: string): void {
    this.all.push(`error ${line}`);
  }
  /** Warnings and errors. */
  get loud(): string[] {
    return this.all.filter((line) => !/^(info|debug) /.test(line));
  }
}

/** Options for tests: the cpu backend, no signals, nothing printed but warnings, `seed` 7. */
export function quietly(options: Partial<TrainerOptions> & { readonly optimizer?: Optimizer } = {}): TrainerOptions {
  return { model: smallModel, seed: 7, device: "cpu", quiet: true, signals: false, logger: new Lines(), ...options };
}

/** The largest absolute difference between weights of the same paths and shapes. */
export function maxDifference(a: Weights, b: Weights): number {
  if (Object.keys(a).join() !== Object.keys(b).join())
    throw new Error(`paths differ: ${Object.keys(a).join()} and ${Object.keys(b).join()}`);
  return Math.max(...Object.keys(a).map((path) => maxDistance(a[path]!.data, b[path]!.data)));
}

/** The largest absolute difference of two arrays of one length; NaN if any value is. */
export function maxDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length} and ${b.length}`);
  return Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((largest, distance) => (distance <= largest ? largest : distance), 0);
}

/** Plain numbers, for comparing bits with `toEqual`. */
export function plain(weights: Weights): Record<string, number[]> {
  return Object.fromEntries(Object.entries(weights).map(([path, { data }]) => [path, Array.from(data)]));
}

/** What a rejected promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("the promise was not rejected");
}
