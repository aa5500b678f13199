import { computePerClassAccuracy, type Confusion } from "@snapfit/metrics";

/** How one class fared. */
export interface ClassResult {
  readonly name: string;
  /** Samples of the class. */
  readonly samples: number;
  /** Share of them that was recognised; NaN without samples. */
  readonly accuracy: number;
  /** The class that they were most often taken for; undefined if they never were. */
  readonly mostlyTakenFor: string | undefined;
}

/** One cell of a confusion matrix off the diagonal. */
export interface Mistake {
  readonly label: string;
  readonly prediction: string;
  readonly count: number;
}

/** One result for each class, in order. @param names of the classes */
export function classResults(confusion: Confusion, names: readonly string[]): ClassResult[] {
  const accuracies = computePerClassAccuracy(confusion);
  return names.map((name, label) => {
    const row = rowOf(confusion, label);
    const most = largestOff(row, label);
    return {
      name,
      samples: row.reduce((sum, count) => sum + count, 0),
      accuracy: accuracies[label]!,
      mostlyTakenFor: most === undefined ? undefined : names[most],
    };
  });
}

/** The mistakes that were made most often, at most `limit` of them; of equal counts the lower label first. */
export function worstMistakes(confusion: Confusion, names: readonly string[], limit: number): Mistake[] {
  const mistakes: Mistake[] = [];
  confusion.counts.forEach((count, i) => {
    const label = Math.floor(i / confusion.numClasses);
    const prediction = i % confusion.numClasses;
    if (label !== prediction && count > 0) mistakes.push({ label: names[label]!, prediction: names[prediction]!, count });
  });
  return mistakes.sort((a, b) => b.count - a.count).slice(0, limit);
}

function rowOf({ numClasses, counts }: Confusion, label: number): Float64Array {
  return counts.subarray(label * numClasses, (label + 1) * numClasses);
}

function largestOff(row: Float64Array, label: number): number | undefined {
  let most: number | undefined;
  row.forEach((count, prediction) => {
    if (prediction !== label && count > (most === undefined ? 0 : row[most]!)) most = prediction;
  });
  return most;
}
