/** Softmax of each row of logits [samples, width], in float64: exp(x - max) / sum. */
export function softmaxRows(logits: Float64Array, width: number): Float64Array {
  const probabilities = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += width) {
    let largest = -Infinity;
    for (let j = 0; j < width; j++) largest = Math.max(largest, logits[start + j]!);
    let sum = 0;
    for (let j = 0; j < width; j++) sum += probabilities[start + j] = Math.exp(logits[start + j]! - largest);
    for (let j = 0; j < width; j++) probabilities[start + j]! /= sum;
  }
  return probabilities;
}
