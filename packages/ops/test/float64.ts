// The operations once more by their definitions, in float64, over plain arrays of rows.

/** One operation: arrays of numbers to an array of numbers. */
export type Function64 = (...inputs: readonly (readonly number[])[]) => number[];

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function byRow(values: readonly number[], columns: number, run: (row: readonly number[], index: number) => number[]): number[] {
  return Array.from({ length: values.length / columns }, (_, i) => run(values.slice(i * columns, (i + 1) * columns), i)).flat();
}

export const layerNorm64 =
  (epsilon: number): Function64 =>
  (x = [], gamma = [], beta = []) =>
    byRow(x, gamma.length, (row) => {
      const mean = sum(row) / row.length;
      const variance = sum(row.map((value) => (value - mean) ** 2)) / row.length;
      return row.map((value, c) => ((value - mean) / Math.sqrt(variance + epsilon)) * gamma[c]! + beta[c]!);
    });

const activations64 = {
  relu: (z: number) => Math.max(z, 0),
  elu: (z: number) => (z > 0 ? z : Math.expm1(z)),
  sigmoid: (z: number) => 1 / (1 + Math.exp(-z)),
};

/** Of x [rows, inputs], a kernel [inputs, outputs] and, where `outputs` of them are given, biases. */
export const linear64 =
  (inputs: number, outputs: number, activation?: keyof typeof activations64): Function64 =>
  (x = [], kernel = [], bias) =>
    byRow(x, inputs, (row) =>
      Array.from({ length: outputs }, (_, j) => {
        const z = sum(row.map((value, i) => value * kernel[i * outputs + j]!)) + (bias?.[j] ?? 0);
        return activation === undefined ? z : activations64[activation](z);
      }),
    );

/** By its series, which float64 carries to 1e-10 for |x| below 4. */
function erf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

export const gelu64: Function64 = (x = []) => x.map((value) => (value / 2) * (1 + erf(value / Math.SQRT2)));

export const tanhGelu64: Function64 = (x = []) =>
  x.map((value) => (value / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3))));

export const crossEntropy64 =
  (labels: readonly number[], numClasses: number, smoothing: number): Function64 =>
  (logits = []) =>
    byRow(logits, numClasses, (row, i) => {
      const logSum = Math.log(sum(row.map(Math.exp)));
      return [(1 - smoothing) * (logSum - row[labels[i]!]!) + smoothing * (logSum - sum(row) / numClasses)];
    });

/** The gradient of the sum of `readOut` times the result to the input at `index`, by central differences. */
export function differences(run: Function64, inputs: readonly (readonly number[])[], index: number, readOut: readonly number[]): number[] {
  const step = 1e-5;
  const at = (k: number, distance: number): number => {
    const moved = inputs.map((values, i) => (i === index ? values.map((value, j) => (j === k ? value + distance : value)) : values));
    return sum(run(...moved).map((value, i) => value * readOut[i]!));
  };
  return inputs[index]!.map((_, k) => (at(k, step) - at(k, -step)) / (2 * step));
}
