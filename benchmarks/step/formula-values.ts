import * as tf from "@tensorflow/tfjs";

/** An integer of 32 bits from a seed and an index; torch/formula_values.py computes the same. */
function hash(seed: number, index: number): number {
  let mixed = (Math.imul(index, 0x9e3779b1) + Math.imul(seed, 0x85ebca6b) + 0x165667b1) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

const centred = (seed: number, index: number): number => (hash(seed, index) >>> 8) / 2 ** 23 - 1;
const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** float32 in [-1, 1). The caller disposes it. */
export function uniform(seed: number, shape: number[]): tf.Tensor {
  return tf.tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, index) => centred(seed, index)),
    shape,
  );
}

/** int32 in [0, limit). The caller disposes it. */
export function integers(seed: number, shape: number[], limit: number): tf.Tensor {
  return tf.tensor(
    Int32Array.from({ length: sizeOf(shape) }, (_, index) => (hash(seed, index) >>> 8) % limit),
    shape,
    "int32",
  );
}

/** Start values of a parameter: gains near 1, biases near 0, weights with variance 1 / (inputs of a unit). */
export function parameterValues(seed: number, path: string, shape: readonly number[]): Float32Array {
  const isGain = path.endsWith("gamma");
  const scale = isGain || shape.length === 1 ? 0.1 : Math.sqrt(3 / sizeOf(shape.slice(0, -1)));
  const values = new Float32Array(sizeOf(shape));
  for (let index = 0; index < values.length; index++) values[index] = (isGain ? 1 : 0) + scale * centred(seed, index);
  return values;
}
