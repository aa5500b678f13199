import * as tf from "@tensorflow/tfjs";
import type { Optimizer } from "../src/index.js";

/** One step of an optimizer on parameters given by name, with gradients as plain arrays of the parameters' shapes; leaves no tensors. */
export function step(
  optimizer: Optimizer,
  parameters: Record<string, tf.Variable>,
  gradients: Record<string, readonly number[]>,
  rateFactor = 1,
  momentum?: number,
): void {
  tf.tidy(() => {
    const tensors = Object.entries(gradients).map(([name, values]) => [name, tf.tensor([...values], parameters[name]!.shape)] as const);
    optimizer.apply(new Map(tensors), new Map(Object.entries(parameters)), rateFactor, momentum);
  });
}

/** A variable that leaves no other tensor behind. */
export function variable(values: readonly number[], shape: number[] = [values.length]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor([...values], shape)));
}

/** A copy of a tensor's values. */
export async function valuesOf(tensor: tf.Tensor): Promise<number[]> {
  return [...(await tensor.data())];
}
