import { hostValues } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import type { WeightedMeans } from "./weighted-means.js";

/** A scalar on its way into means. The tensor belongs to {@link PendingScalars} once added. */
export interface NamedScalar {
  readonly name: string;
  readonly value: tf.Tensor | number;
  readonly weight: number;
  readonly into: readonly WeightedMeans[];
}

/** Scalars that wait on the device until a logging point, where they are read together and without blocking. */
export class PendingScalars {
  #waiting: NamedScalar[] = [];

  add(scalar: NamedScalar): void {
    if (typeof scalar.value === "number" && this.#waiting.length === 0) enter(scalar, scalar.value);
    else this.#waiting.push(scalar);
  }

  /** Reads all and adds them to their means, in the order of their adding. */
  async resolve(): Promise<void> {
    const scalars = this.#waiting;
    if (scalars.length === 0) return;
    this.#waiting = [];
    const values = await Promise.all(scalars.map(({ value }) => (typeof value === "number" ? Promise.resolve([value]) : value.data())));
    scalars.forEach((scalar, i) => {
      enter(scalar, values[i]![0]!);
      if (scalar.value instanceof tf.Tensor) scalar.value.dispose();
    });
  }

  dispose(): void {
    for (const { value } of this.#waiting) if (value instanceof tf.Tensor) value.dispose();
    this.#waiting = [];
  }
}

function enter({ name, weight, into }: NamedScalar, value: number): void {
  for (const means of into) means.add(name, value, weight);
}

/** The number, if the backend keeps its data in host memory; then the tensor is disposed. Else the tensor itself. */
export function readIfOnHost(value: tf.Tensor | number): tf.Tensor | number {
  if (typeof value === "number") return value;
  const values = hostValues(value);
  if (values === undefined) return value;
  const number = values[0]!;
  value.dispose();
  return number;
}
