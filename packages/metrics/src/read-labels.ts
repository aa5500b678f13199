import type { HostTensor } from "@snapfit/base";
import { inputError } from "./read-output.js";

/**
 * Class indices of labels: [batch] or [batch, 1] hold them, [batch, classes] is one-hot. Any dtype.
 * @param numClasses where it is known: labels are below it.
 */
export function readLabels(metric: string, labels: HostTensor, numClasses: number | undefined): Int32Array {
  const [numSamples = 0, width = 1] = labels.shape;
  const isOneHot = width > 1;
  const isKnownWidth = !isOneHot || numClasses === undefined || width === numClasses;
  if (labels.shape.length < 1 || labels.shape.length > 2 || !isKnownWidth) {
    const known = numClasses === undefined ? "classes" : String(numClasses);
    throw inputError(
      metric,
      `got labels of shape [${labels.shape.join(", ")}]. They are class indices [batch] or one-hot [batch, ${known}]. Reshape them in the step.`,
    );
  }
  const classes = new Int32Array(numSamples);
  for (let i = 0; i < numSamples; i++) {
    const label = isOneHot ? hotIndex(labels.data.subarray(i * width, (i + 1) * width)) : labels.data[i * width]!;
    if (!Number.isInteger(label) || label < 0 || label >= (numClasses ?? 2 ** 31)) {
      const received = isOneHot ? `a row [${labels.data.subarray(i * width, (i + 1) * width).join(", ")}]` : String(label);
      const expected = isOneHot
        ? "One-hot rows hold a single 1 and zeros"
        : `Labels are integers from 0 to ${numClasses === undefined ? "the number of classes - 1" : numClasses - 1}`;
      throw inputError(metric, `got ${received} as the label of sample ${i}. ${expected}. Check how the labels are made.`);
    }
    classes[i] = label;
  }
  return classes;
}

/** The position of the only 1 among zeros, else -1. */
function hotIndex(row: ArrayLike<number>): number {
  let hot = -1;
  for (let i = 0; i < row.length; i++) {
    if (row[i] === 1 && hot < 0) hot = i;
    else if (row[i] !== 0) return -1;
  }
  return hot;
}
