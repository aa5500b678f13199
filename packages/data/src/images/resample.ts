import { cropPixels, emptyLike, pickPixels, type Box, type PixelData, type Pixels } from "./pixels.js";
import { resampleBytes } from "./simd/resample-bytes.js";
import { resampleRgbRows } from "./resample-rgb-rows.js";
import { SumOfBytes, SumOfFloats, type WeightedSum } from "./weighted-sum.js";
import { triangleWeights } from "./triangle-weights.js";

/** How values between pixels are made. */
export type Interpolation = "bilinear" | "nearest";

/**
 * The pixels of a box, resized to `height` and `width`. `"bilinear"` antialiases, in two passes; of bytes each rounds to whole levels, as Pillow does.
 * `"nearest"` takes the pixel under the middle of each new one.
 */
export function resample(pixels: Pixels, box: Box, height: number, width: number, interpolation: Interpolation): Pixels {
  if (box.height === height && box.width === width) return cropPixels(pixels, box);
  if (interpolation === "nearest") {
    return pickPixels(pixels, nearestIndices(box.top, box.height, height), nearestIndices(box.left, box.width, width));
  }
  const quick = resampleBytes(pixels, box, height, width);
  if (quick) return quick;
  const wide = box.width === width ? cropPixels(pixels, box) : resampleRows(pixels, box, width);
  return box.height === height ? wide : resampleColumns(wide, height);
}

function nearestIndices(first: number, inputSize: number, outputSize: number): Int32Array {
  const indices = new Int32Array(outputSize);
  const scale = inputSize / outputSize;
  // Step by step as Pillow does: where a middle lies just between two pixels, the last bit chooses.
  for (let i = 0, place = scale * 0.5; i < outputSize; i++, place += scale) indices[i] = first + Math.min(Math.floor(place), inputSize - 1);
  return indices;
}

/** Rows that are resampled together, one output column after the other, so that its weights are fetched once. Few enough for the first cache. */
const TILE_ROWS = 16;

/** The rows of a box, each made `width` pixels long. */
function resampleRows({ data, width: inputWidth, channels }: Pixels, box: Box, width: number): Pixels {
  const weights = triangleWeights(box.width, width);
  const resampled = emptyLike(data, box.height * width * channels);
  const result = { height: box.height, width, channels, data: resampled };
  if (channels === 3 && data instanceof Uint8Array && resampled instanceof Uint8Array) {
    const inputStart = (box.top * inputWidth + box.left) * 3;
    if (resampleRgbRows({ input: data, inputStart, inputLength: inputWidth * 3, output: resampled }, box, weights)) return result;
  }
  const { starts, counts, taps, values } = weights;
  const sum = weightedSum(data, resampled, values, TILE_ROWS);
  for (let top = 0; top < box.height; top += TILE_ROWS) {
    const length = Math.min(TILE_ROWS, box.height - top);
    const first = (box.top + top) * inputWidth + box.left;
    for (let x = 0; x < width; x++) {
      const run = { start: (first + starts[x]!) * channels, tapStride: channels, stride: inputWidth * channels, length };
      for (let c = 0; c < channels; c++, run.start++) {
        sum.write(run, x * taps, counts[x]!, (top * width + x) * channels + c, width * channels);
      }
    }
  }
  return result;
}

/** All columns, each made `height` pixels long. */
function resampleColumns({ data, height: inputHeight, width, channels }: Pixels, height: number): Pixels {
  const { starts, counts, taps, values } = triangleWeights(inputHeight, height);
  const length = width * channels;
  const resampled = emptyLike(data, height * length);
  const sum = weightedSum(data, resampled, values, length);
  for (let y = 0; y < height; y++) {
    const run = { start: starts[y]! * length, tapStride: length, stride: 1, length };
    sum.write(run, y * taps, counts[y]!, y * length, 1);
  }
  return { height, width, channels, data: resampled };
}

function weightedSum(input: PixelData, output: PixelData, weights: Float64Array, maxLength: number): WeightedSum {
  if (input instanceof Uint8Array) return new SumOfBytes(input, output as Uint8Array, weights, maxLength);
  return new SumOfFloats(input as Float32Array, output as Float32Array, weights, maxLength);
}
