import { fixedPoint } from "./weighted-sum.js";

/** What each output position is made of: `counts[i]` neighbouring inputs from `starts[i]` on, with the weights from `values[i * taps]` on. */
export interface ResampleWeights {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly taps: number;
  /** They sum to 1 for each output position. */
  readonly values: Float64Array;
  /** The same in fixed point. */
  readonly fixed: Int32Array;
}

/** Weights by sizes: sets of images of one size, which are many, have them computed once. */
const known = new Map<string, ResampleWeights>();
const MAX_KNOWN = 64;

/**
 * Weights of bilinear resampling with antialias: a triangle as wide as an output pixel, at least as wide as an input pixel.
 * @see Pillow's `Image.resize` with `BILINEAR`, and torchvision's `resize` with `antialias=True`
 */
export function triangleWeights(inputSize: number, outputSize: number): ResampleWeights {
  const key = `${inputSize} ${outputSize}`;
  const found = known.get(key);
  if (found) return found;
  if (known.size === MAX_KNOWN) known.clear();
  const weights = computeWeights(inputSize, outputSize);
  known.set(key, weights);
  return weights;
}

function computeWeights(inputSize: number, outputSize: number): ResampleWeights {
  const scale = inputSize / outputSize;
  const support = Math.max(scale, 1);
  const perSupport = 1 / support; // to the last bit as Pillow does it: halves are rounded up or down by it
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(outputSize);
  const counts = new Int32Array(outputSize);
  const values = new Float64Array(outputSize * taps);
  for (let i = 0; i < outputSize; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inputSize, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let j = 0; j < count; j++) {
      const weight = Math.max(0, 1 - Math.abs(start + j - center + 0.5) * perSupport);
      values[i * taps + j] = weight;
      sum += weight;
    }
    for (let j = 0; j < count; j++) values[i * taps + j]! *= 1 / sum;
    starts[i] = start;
    counts[i] = count;
  }
  return { starts, counts, taps, values, fixed: fixedPoint(values) };
}
