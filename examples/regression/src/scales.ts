/** Mean and deviation of each column of a row-wise table. */
export interface Scales {
  readonly means: Float32Array;
  readonly deviations: Float32Array;
}

/** @param values row by row. A column without any spread gets the deviation 1. */
export function scalesOf(values: Float32Array, numColumns = 1): Scales {
  const numRows = values.length / numColumns;
  const means = new Float32Array(numColumns);
  const deviations = new Float32Array(numColumns);
  for (let column = 0; column < numColumns; column++) {
    const entries = Array.from({ length: numRows }, (_, row) => values[row * numColumns + column]!);
    const mean = entries.reduce((sum, value) => sum + value, 0) / numRows;
    means[column] = mean;
    deviations[column] = Math.sqrt(entries.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numRows) || 1;
  }
  return { means, deviations };
}
