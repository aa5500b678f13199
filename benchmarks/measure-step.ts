import * as tf from "@tensorflow/tfjs";
import type { Optimizer } from "@snapfit/optim";

/**
 * Milliseconds of one `apply` on a parameter of `numValues` values on the current backend: the median of `numSteps`, after 10 that are not counted.
 */
export function measureStep(optimizer: Optimizer, numValues: number, numSteps = 50): number {
  const start = tf.randomUniform([numValues], -1, 1, "float32", 1);
  const parameter = tf.variable(start);
  const gradient = tf.randomUniform([numValues], -1, 1, "float32", 2);
  const times: number[] = [];
  for (let step = -10; step < numSteps; step++) {
    const began = performance.now();
    optimizer.apply(new Map([["weight", gradient]]), new Map([["weight", parameter]]), 1);
    if (step >= 0) times.push(performance.now() - began);
  }
  tf.dispose([start, parameter, gradient]);
  optimizer.dispose();
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}
