import { Arena } from "../../wasm/arena.js";
import { compiledOnce } from "../../wasm/wasm-module.js";
import type { Box, Pixels } from "../pixels.js";
import { triangleWeights } from "../triangle-weights.js";
import { ROWS_TOGETHER, sumOfPixels, sumOfRows } from "./weighted-sum-kernels.js";

/** After each row: the last pixel of a row is written as four bytes. */
const SPARE_BYTES = 4;

const resampleKernels = compiledOnce({ sumOfPixels, sumOfRows });

/**
 * Resamples bytes of up to 4 channels with the processor's vector instructions: the bits of `SumOfBytes`, four times as fast.
 * Undefined where it cannot: without WebAssembly's vectors, or for an image of more than 64 MB.
 */
export function resampleBytes(pixels: Pixels, box: Box, height: number, width: number): Pixels | undefined {
  const { data, channels, width: inputWidth } = pixels;
  const numRows = box.height;
  const size = (numRows * (inputWidth + width) + height * width) * channels + numRows * SPARE_BYTES;
  if (!(data instanceof Uint8Array) || channels > 4 || height * width * numRows === 0) return undefined;
  const rows = triangleWeights(box.width, width);
  const columns = triangleWeights(numRows, height);
  const kernels = resampleKernels();
  const arena = kernels && Arena.ofSize(kernels.memory, size + 32 * (width + height) * Math.max(rows.taps, columns.taps));
  if (!arena) return undefined;
  const rowLength = width * channels;
  const inputStride = inputWidth * channels;
  const wideStride = rowLength + SPARE_BYTES;
  const input = arena.put(data.subarray(box.top * inputStride, (box.top + numRows) * inputStride));
  const wide = arena.reserve(numRows * wideStride);
  const output = arena.reserve(height * rowLength);
  const starts = arena.put(rows.starts.map((start) => (box.left + start) * channels));
  const counts = arena.put(rows.counts);
  const rowWeights = arena.put(rows.fixed);
  const columnWeights = arena.put(columns.fixed);
  const together = numRows < ROWS_TOGETHER ? 1 : ROWS_TOGETHER;
  const strides = together === 1 ? [0, 0] : [inputStride, wideStride]; // of few rows each by itself, four times the same
  for (let y = 0; y < numRows; y += together) {
    const first = Math.min(y, numRows - together);
    const [from, to] = [input + first * inputStride, wide + first * wideStride];
    kernels.run.sumOfPixels(from, to, width, channels, starts, counts, rowWeights, rows.taps * 4, ...strides);
  }
  // In order: what is written beyond the end of a row, the next one overwrites.
  for (let y = 0; y < height; y++) {
    const from = wide + columns.starts[y]! * wideStride;
    const weights = columnWeights + y * columns.taps * 4;
    kernels.run.sumOfRows(from, output + y * rowLength, rowLength, wideStride, columns.counts[y]!, weights);
  }
  return { height, width, channels, data: arena.take(output, height * rowLength) };
}
