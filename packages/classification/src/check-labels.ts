import { SnapfitError } from "@snapfit/base";

/**
 * Checks class indices in host memory.
 * @param labels of any array type, [batch] or [batch, 1] @param name of the labels in messages
 * @throws SnapfitError `LABEL_RANGE` with the first one that is not a whole number in [0, numClasses).
 */
export function checkLabels(labels: ArrayLike<number>, numClasses: number, name = "label"): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (Number.isInteger(label) && label >= 0 && label < numClasses) continue;
    throw new SnapfitError(
      "LABEL_RANGE",
      `"${name}" of sample ${i} of the batch is ${label}. Labels are class indices, whole numbers from 0 to ${numClasses - 1}. Check the labels, or numClasses.`,
    );
  }
}
