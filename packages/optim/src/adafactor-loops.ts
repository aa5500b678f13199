import type { AdafactorConstants } from "./adafactor-rule.js";

/** Estimates of the mean square as products: of the row's number and the column's mean. */
interface Variances {
  /** For each row of all matrices its mean, relative to the mean of its matrix. */
  readonly relativeRows: ArrayLike<number>;
  /** For each column of all matrices. */
  readonly columnMeans: Float32Array;
  readonly numRows: number;
  readonly numColumns: number;
}

/** The formula of `adafactorRule` in place. */
export function adafactorLoops(
  constants: AdafactorConstants,
  values: Float32Array,
  gradient: Float32Array,
  slots: readonly Float32Array[],
): void {
  if (values.length === 0) return;
  const [kept, ofSquare, rate, minScale, epsilon, clipThreshold, isFactored] = constants;
  const variances =
    isFactored === 1 ? factoredVariances(constants, gradient, slots[0]!, slots[1]!) : ownVariances(ofSquare, gradient, slots[0]!);
  const least = epsilon * epsilon;
  let ofValues = 0;
  let ofSteps = 0;
  forRows(variances, (start, row, columns) => {
    for (let c = 0; c < columns.length; c++) {
      const step = gradient[start + c]! / Math.sqrt(Math.max(row * columns[c]!, least));
      ofValues += values[start + c]! * values[start + c]!;
      ofSteps += step * step;
    }
  });
  const size = Math.max(minScale, Math.sqrt(ofValues / values.length)) * rate;
  const limited = size / Math.max(1, Math.sqrt(ofSteps / values.length) / clipThreshold);
  forRows(variances, (start, row, columns) => {
    for (let c = 0; c < columns.length; c++) {
      const step = gradient[start + c]! / Math.sqrt(Math.max(row * columns[c]!, least));
      values[start + c] = Math.fround(kept * values[start + c]!) - limited * step;
    }
  });
}

/** A parameter with its own mean square is one row. */
function ownVariances(ofSquare: number, gradient: Float32Array, meanSquare: Float32Array): Variances {
  for (let i = 0; i < gradient.length; i++) meanSquare[i] = meanSquare[i]! + ofSquare * (gradient[i]! * gradient[i]! - meanSquare[i]!);
  return { relativeRows: [1], columnMeans: meanSquare, numRows: 1, numColumns: gradient.length };
}

function factoredVariances(
  [, ofSquare, , , epsilon]: AdafactorConstants,
  gradient: Float32Array,
  rowMeans: Float32Array,
  columnMeans: Float32Array,
): Variances {
  const numColumns = gradient.length / rowMeans.length;
  const numRows = gradient.length / columnMeans.length;
  const columnSums = new Float64Array(columnMeans.length);
  for (let row = 0; row < rowMeans.length; row++) {
    const firstColumn = Math.floor(row / numRows) * numColumns;
    let rowSum = 0;
    for (let c = 0; c < numColumns; c++) {
      const square = gradient[row * numColumns + c]! ** 2;
      rowSum += square;
      columnSums[firstColumn + c]! += square;
    }
    rowMeans[row] = rowMeans[row]! + ofSquare * (rowSum / numColumns - rowMeans[row]!);
  }
  for (let c = 0; c < columnMeans.length; c++) columnMeans[c] = columnMeans[c]! + ofSquare * (columnSums[c]! / numRows - columnMeans[c]!);
  const relativeRows = Float64Array.from(rowMeans);
  for (let first = 0; first < rowMeans.length; first += numRows) {
    const rows = relativeRows.subarray(first, first + numRows);
    const mean = Math.max(rows.reduce((sum, value) => sum + value, 0) / numRows, epsilon);
    for (let row = 0; row < numRows; row++) rows[row]! /= mean;
  }
  return { relativeRows, columnMeans, numRows, numColumns };
}

/** Calls `visit` for each row: with where it starts, its number, and the means of the columns of its matrix. */
function forRows(
  { relativeRows, columnMeans, numRows, numColumns }: Variances,
  visit: (start: number, row: number, columns: Float32Array) => void,
): void {
  for (let row = 0; row < relativeRows.length; row++) {
    const firstColumn = Math.floor(row / numRows) * numColumns;
    visit(row * numColumns, relativeRows[row]!, columnMeans.subarray(firstColumn, firstColumn + numColumns));
  }
}
