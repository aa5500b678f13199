import { SnapfitError } from "@snapfit/base";

/**
 * Area under the ROC curve: the probability that a positive sample scores higher than a negative one, equal scores counting half.
 * Exact: pairs are counted as (half) integers, and divided once.
 * @param scores of any scale. @param labels 1 for positive, 0 for negative samples.
 * @returns 0 to 1; NaN where it is not defined: no positive or no negative sample, or a NaN score.
 * @throws SnapfitError `METRIC_INPUT` for other labels, or another number of them.
 * @see Hanley and McNeil 1982, doi 10.1148/radiology.143.1.7063747
 */
export function computeAuroc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  checkLengths(scores.length, labels.length);
  let numPositives = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== 0 && labels[i] !== 1) throw labelError(labels[i]!, i, "0 or 1");
    if (Number.isNaN(scores[i])) return NaN;
    numPositives += labels[i]!;
  }
  const positives = new Float64Array(numPositives);
  const negatives = new Float64Array(scores.length - numPositives);
  for (let i = 0, p = 0, n = 0; i < scores.length; i++) {
    if (labels[i] === 1) positives[p++] = scores[i]!;
    else negatives[n++] = scores[i]!;
  }
  return shareOfWins(positives.sort(), negatives.sort());
}

/**
 * The area under the ROC curve of each class against all others.
 * @param scores [samples, numClasses], row by row: the probability of each class. @param labels class indices.
 * @returns [numClasses]; NaN for a class that no sample or every sample has.
 * @throws SnapfitError `METRIC_INPUT` for labels out of range, or another number of them.
 */
export function computeAurocPerClass(scores: ArrayLike<number>, labels: ArrayLike<number>, numClasses: number): Float64Array {
  checkLengths(scores.length / numClasses, labels.length);
  for (let i = 0; i < labels.length; i++) {
    if (!Number.isInteger(labels[i]) || labels[i]! < 0 || labels[i]! >= numClasses)
      throw labelError(labels[i]!, i, `class indices from 0 to ${numClasses - 1}`);
  }
  return Float64Array.from({ length: numClasses }, (_, index) => {
    const column = Float64Array.from(labels, (_label, i) => scores[i * numClasses + index]!);
    const isClass = Uint8Array.from(labels, (label) => (label === index ? 1 : 0));
    return computeAuroc(column, isClass);
  });
}

/** Of all pairs of a positive and a negative score, both sorted, the share that the positive wins. */
function shareOfWins(positives: Float64Array, negatives: Float64Array): number {
  let wins = 0;
  let numBelow = 0;
  let numUpTo = 0;
  for (const score of positives) {
    while (numBelow < negatives.length && negatives[numBelow]! < score) numBelow++;
    while (numUpTo < negatives.length && negatives[numUpTo]! <= score) numUpTo++;
    wins += (numBelow + numUpTo) / 2;
  }
  return wins / (positives.length * negatives.length);
}

function checkLengths(numScores: number, numLabels: number): void {
  if (numScores !== numLabels)
    throw new SnapfitError(
      "METRIC_INPUT",
      `AUROC got the scores of ${numScores} samples and ${numLabels} labels. Each sample has one label. Pass both for the same samples.`,
    );
}

function labelError(label: number, index: number, expected: string): SnapfitError<"METRIC_INPUT"> {
  return new SnapfitError(
    "METRIC_INPUT",
    `AUROC got ${label} as the label of sample ${index}. Labels are ${expected}. Check how they are made.`,
  );
}
