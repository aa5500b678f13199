import { SnapfitError } from "@snapfit/base";

/** How far the probabilities of a sample may be from a sum of 1: as far as 16-bit floats bring them. */
const SUM_TOLERANCE = 0.01;

/**
 * Checks labels in host memory: class indices, or the probabilities of the classes.
 * @param labels of any array type; class indices [batch] or [batch, 1], probabilities [batch, numClasses] @param name of the labels in messages
 * @param shape of the labels; left out, they are class indices
 * @throws SnapfitError `LABEL_SHAPE` for another shape, `LABEL_RANGE` with the first sample whose label is not a whole number in [0, numClasses), or whose
 * probabilities are below 0 or do not sum to 1.
 */
export function checkLabels(
  labels: ArrayLike<number>,
  numClasses: number,
  name = "label",
  shape: readonly number[] = [labels.length],
): void {
  if (areIndices(shape, numClasses, name)) checkIndices(labels, numClasses, name);
  else checkProbabilities(labels, numClasses, name);
}

/** Whether labels of this shape are class indices, and not probabilities. @throws SnapfitError `LABEL_SHAPE` if they are neither */
export function areIndices(shape: readonly number[], numClasses: number, name: string): boolean {
  const [, width = 1, ...rest] = shape;
  if (shape.length > 0 && rest.length === 0 && (width === 1 || width === numClasses)) return width === 1;
  throw new SnapfitError(
    "LABEL_SHAPE",
    `"${name}" is [${shape.join(", ")}]. Labels of ${numClasses} classes are class indices [batch] or probabilities [batch, ${numClasses}]. Check the labels, or numClasses.`,
  );
}

function checkIndices(labels: ArrayLike<number>, numClasses: number, name: string): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (Number.isInteger(label) && label >= 0 && label < numClasses) continue;
    throw new SnapfitError(
      "LABEL_RANGE",
      `"${name}" of sample ${i} of the batch is ${label}. Labels are class indices, whole numbers from 0 to ${numClasses - 1}. Check the labels, or numClasses.`,
    );
  }
}

function checkProbabilities(labels: ArrayLike<number>, numClasses: number, name: string): void {
  for (let start = 0; start < labels.length; start += numClasses) {
    let sum = 0;
    for (let i = start; i < start + numClasses; i++) sum += labels[i]! >= 0 ? labels[i]! : NaN;
    if (Math.abs(sum - 1) <= SUM_TOLERANCE) continue;
    const row = Array.from({ length: numClasses }, (_, i) => labels[start + i]!);
    throw new SnapfitError(
      "LABEL_RANGE",
      `"${name}" of sample ${start / numClasses} of the batch is [${shortened(row)}]. The probabilities of the classes are at least 0 and sum to 1. Check how the labels are made.`,
    );
  }
}

/** Up to ten of the values, as text. */
function shortened(values: readonly number[]): string {
  const shown = values.slice(0, 10).map((value) => String(Number(value.toPrecision(6))));
  return [...shown, ...(values.length > 10 ? ["…"] : [])].join(", ");
}
