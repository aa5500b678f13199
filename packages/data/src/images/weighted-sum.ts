/** Values of an array that lie `tapStride` apart are weighted and summed, for `length` places that lie `stride` apart. */
export interface Taps {
  start: number;
  readonly tapStride: number;
  readonly stride: number;
  readonly length: number;
}

/** Writes weighted sums of `input` to `output`. */
export interface WeightedSum {
  /**
   * The sums of `count` values with the weights from `offset` on; the first of them goes to `outputStart`, the next ones `outputStride` apart.
   */
  write(taps: Taps, offset: number, count: number, outputStart: number, outputStride: number): void;
}

/** Weights have 22 fractional bits: 255 times their sum, and a half to round, still fit into an int32. Pillow has as many. */
export const FRACTION_BITS = 22;
export const HALF: number = 1 << (FRACTION_BITS - 1);

export function fixedPoint(weights: Float64Array): Int32Array {
  const fixed = new Int32Array(weights.length);
  // Ten times as fast as Int32Array.from(weights, …), which took longer than the sums.
  for (let i = 0; i < weights.length; i++) fixed[i] = Math.round(weights[i]! * 2 ** FRACTION_BITS);
  return fixed;
}

/** Sums of bytes, rounded. The weights are not negative and sum to 1. */
export class SumOfBytes implements WeightedSum {
  readonly #input: Uint8Array;
  readonly #output: Uint8Array;
  readonly #weights: Int32Array;
  readonly #sums: Int32Array;

  /** @param maxLength the largest `length` of {@link Taps} */
  constructor(input: Uint8Array, output: Uint8Array, weights: Float64Array, maxLength: number) {
    this.#input = input;
    this.#output = output;
    this.#weights = fixedPoint(weights);
    this.#sums = new Int32Array(maxLength);
  }

  write(taps: Taps, offset: number, count: number, outputStart: number, outputStride: number): void {
    if (count <= 4) this.#writeFour(taps, offset, count, outputStart, outputStride);
    else this.#writeMany(taps, offset, count, outputStart, outputStride);
  }

  /** What most images need: four weights and no sums in memory. Weights beyond `count` are 0, at a place that exists. */
  #writeFour({ start, tapStride, stride, length }: Taps, offset: number, count: number, outputStart: number, outputStride: number): void {
    const input = this.#input;
    const output = this.#output;
    const weights = this.#weights;
    const half = HALF; // a bundler may make a variable of it
    const shift = FRACTION_BITS;
    const weight0 = weights[offset]!;
    const weight1 = count > 1 ? weights[offset + 1]! : 0;
    const weight2 = count > 2 ? weights[offset + 2]! : 0;
    const weight3 = count > 3 ? weights[offset + 3]! : 0;
    const step1 = count > 1 ? tapStride : 0;
    const step2 = count > 2 ? tapStride * 2 : 0;
    const step3 = count > 3 ? tapStride * 3 : 0;
    for (let j = 0, i = start, out = outputStart; j < length; j++, i += stride, out += outputStride) {
      const sum01 = (Math.imul(input[i]!, weight0) + Math.imul(input[i + step1]!, weight1)) | 0;
      const sum23 = (Math.imul(input[i + step2]!, weight2) + Math.imul(input[i + step3]!, weight3)) | 0;
      output[out] = (half + sum01 + sum23) >> shift;
    }
  }

  #writeMany({ start, tapStride, stride, length }: Taps, offset: number, count: number, outputStart: number, outputStride: number): void {
    const input = this.#input;
    const output = this.#output;
    const sums = this.#sums;
    sums.fill(HALF, 0, length);
    for (let tap = 0; tap < count; tap++) {
      const weight = this.#weights[offset + tap]!;
      for (let j = 0, i = start + tap * tapStride; j < length; j++, i += stride) sums[j] = (sums[j]! + Math.imul(input[i]!, weight)) | 0;
    }
    for (let j = 0, out = outputStart; j < length; j++, out += outputStride) output[out] = sums[j]! >> FRACTION_BITS;
  }
}

/** Sums of floats. */
export class SumOfFloats implements WeightedSum {
  readonly #input: Float32Array;
  readonly #output: Float32Array;
  readonly #weights: Float64Array;
  readonly #sums: Float64Array;

  /** @param maxLength the largest `length` of {@link Taps} */
  constructor(input: Float32Array, output: Float32Array, weights: Float64Array, maxLength: number) {
    this.#input = input;
    this.#output = output;
    this.#weights = weights;
    this.#sums = new Float64Array(maxLength);
  }

  write({ start, tapStride, stride, length }: Taps, offset: number, count: number, outputStart: number, outputStride: number): void {
    const input = this.#input;
    const output = this.#output;
    const sums = this.#sums;
    sums.fill(0, 0, length);
    for (let tap = 0; tap < count; tap++) {
      const weight = this.#weights[offset + tap]!;
      for (let j = 0, i = start + tap * tapStride; j < length; j++, i += stride) sums[j]! += input[i]! * weight;
    }
    for (let j = 0, out = outputStart; j < length; j++, out += outputStride) output[out] = sums[j]!;
  }
}
