import { hostTensor } from "@snapfit/base";
import { arrays } from "@snapfit/data";
import { islandNames, sexNames, type Penguins } from "./penguins.js";

/** Columns of {@link encode}: each measure and whether it is missing, then islands and sexes as one-hot. */
export const NUM_FEATURES = 2 * 4 + islandNames.length + sexNames.length;

/** Mean and deviation of a measure over the birds that have it. */
interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

/** Learns the scales from some of the birds: those of the training set, so that nothing of the others is known. */
export function learnScales({ measures }: Penguins, birds: Iterable<number>): Scale[] {
  const chosen = [...birds];
  return measures.map((column) => {
    const values = chosen.map((bird) => column[bird]!).filter((value) => !Number.isNaN(value));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance) };
  });
}

/** A set of samples with `features` [NUM_FEATURES] and `species`. A missing measure counts as the mean, and a column of its own says so; a missing class is all zeros. */
export function encode({ measures, island, sex, species }: Penguins, scales: readonly Scale[]) {
  const features = new Float32Array(species.length * NUM_FEATURES);
  for (let bird = 0; bird < species.length; bird++) {
    const row = features.subarray(bird * NUM_FEATURES, (bird + 1) * NUM_FEATURES);
    measures.forEach((column, i) => {
      const { mean, deviation } = scales[i]!;
      const isMissing = Number.isNaN(column[bird]);
      row[2 * i] = isMissing ? 0 : (column[bird]! - mean) / deviation;
      row[2 * i + 1] = Number(isMissing);
    });
    if (island[bird]! >= 0) row[8 + island[bird]!] = 1;
    if (sex[bird]! >= 0) row[8 + islandNames.length + sex[bird]!] = 1;
  }
  return arrays({ features: hostTensor(features, [species.length, NUM_FEATURES]), species });
}
