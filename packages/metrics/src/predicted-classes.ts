import type { HostTensor } from "@snapfit/base";
import { inputError } from "./read-output.js";

/** Classes that scores are about, or undefined if they are class indices. */
export function numClassesOf(metric: string, scores: HostTensor): number | undefined {
  const [, numClasses] = scores.shape;
  if (scores.shape.length < 1 || scores.shape.length > 2 || numClasses === 0) {
    throw inputError(
      metric,
      `got scores of shape [${scores.shape.join(", ")}]. They are [batch, classes], or class indices [batch]. Reshape them in the step.`,
    );
  }
  return numClasses;
}

/**
 * The predicted class of each sample: the index of the largest of scores [batch, classes] (the first of equal ones), or scores [batch] themselves.
 * NaN for a sample that has a NaN among its scores.
 */
export function predictedClasses(metric: string, scores: HostTensor): Float64Array {
  const numClasses = numClassesOf(metric, scores);
  const classes = new Float64Array(scores.shape[0]!);
  for (let i = 0; i < classes.length; i++) {
    if (numClasses !== undefined) {
      classes[i] = indexOfLargest(scores.data, i * numClasses, numClasses);
      continue;
    }
    const predicted = scores.data[i]!;
    if (!Number.isNaN(predicted) && !(Number.isInteger(predicted) && predicted >= 0)) {
      throw inputError(
        metric,
        `got ${predicted} as the predicted class of sample ${i}. Scores [batch] are class indices from 0 on. Return class indices, or scores [batch, classes].`,
      );
    }
    classes[i] = predicted;
  }
  return classes;
}

function indexOfLargest(data: ArrayLike<number>, start: number, length: number): number {
  let best = 0;
  for (let j = 0; j < length; j++) {
    const score = data[start + j]!;
    if (Number.isNaN(score)) return NaN;
    if (score > data[start + best]!) best = j;
  }
  return best;
}
