import { FRACTION_BITS, HALF } from "../weighted-sum.js";
import { wasm, type Code, type WasmFunction } from "./wasm-module.js";

const { get, set, tee, constant, load32, add, subtract, isLess, repeat, vector } = wasm;

const half = [constant(HALF), vector.splat32];
const bytesOf = (low: Code, high: Code): Code => [low, high, vector.int32ToInt16];
const rounded = (sum: number): Code => [get(sum), constant(FRACTION_BITS), vector.shiftRight32];

/** The parameters and variables of a function, numbered in this order. */
function numbered<Name extends string>(...names: Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name, index) => [name, index])) as Record<Name, number>;
}

function step(variable: number, by: Code): Code {
  return [get(variable), by, add, set(variable)];
}

/** Goes on while `variable`, made one less, is not 0. */
function countDown(variable: number): Code {
  return [get(variable), constant(1), subtract, tee(variable)];
}

/** Rows that {@link sumOfPixels} makes together, so that weights and counters serve all of them. */
export const ROWS_TOGETHER = 4;

/**
 * Four rows of pixels of up to 4 channels, made `width` pixels long: a pixel's channels are the lanes of a vector. The rows lie `inputStride` and `outputStride` bytes apart.
 * `starts` [width] are in bytes from `input` on, `counts` [width]; the weights of the next pixel lie `weightsStep` bytes after those of one.
 * Reads and writes up to 3 bytes more than a row has.
 */
export function sumOfPixels(): WasmFunction {
  const names = numbered(
    ...(["input", "output", "width", "channels", "starts", "counts", "weights", "weightsStep", "inputStride", "outputStride"] as const),
    ...(["at", "weight", "left", "row", "factor", "sum0", "sum1", "sum2", "sum3"] as const),
  );
  const { input, output, width, channels, starts, counts, weights, weightsStep, inputStride, outputStride, at, weight, left, row, factor } =
    names;
  const sums = [names.sum0, names.sum1, names.sum2, names.sum3];
  const addPixel = [vector.load32Zero, vector.bytesToInt16Low, vector.int16ToInt32Low, get(factor), vector.multiply32, vector.add32];
  const body = repeat(
    sums.map((sum) => [half, set(sum)]),
    [get(starts), load32, get(input), add, set(at)],
    [get(weights), set(weight)],
    [get(counts), load32, set(left)],
    repeat(
      [get(weight), vector.load32Splat, set(factor), get(at), set(row)],
      sums.map((sum, i) => [get(sum), i === 0 ? get(row) : [get(row), get(inputStride), add, tee(row)], addPixel, set(sum)]),
      step(at, get(channels)),
      step(weight, constant(4)),
      countDown(left),
    ),
    [get(output), set(row)],
    sums.map((sum) => [
      [get(row), bytesOf(rounded(sum), rounded(sum)), get(sum), vector.int16ToBytes, vector.storeFirst32],
      step(row, get(outputStride)),
    ]),
    step(output, get(channels)),
    step(starts, constant(4)),
    step(counts, constant(4)),
    step(weights, get(weightsStep)),
    countDown(width),
  );
  return { numParameters: 10, numIntegers: 4, numVectors: 5, body };
}

/**
 * `length` bytes, each the weighted sum of `count` bytes that lie `stride` apart, from `input` on: 16 at a time.
 * Reads and writes up to 15 bytes more.
 */
export function sumOfRows(): WasmFunction {
  const { input, output, length, stride, count, weights, at, weight, left, end, bytes, pairs, factor, ...sums } = numbered(
    ...(["input", "output", "length", "stride", "count", "weights"] as const),
    ...(["at", "weight", "left", "end", "bytes", "pairs", "factor", "sum0", "sum1", "sum2", "sum3"] as const),
  );
  const { sum0, sum1, sum2, sum3 } = sums;
  const addTo = (sum: number, widen: Code): Code => [get(sum), get(pairs), widen, get(factor), vector.multiply32, vector.add32, set(sum)];
  const body = [
    [get(input), get(length), add, set(end)],
    repeat(
      [half, tee(sum0), tee(sum1), tee(sum2), set(sum3)],
      [get(input), set(at), get(weights), set(weight), get(count), set(left)],
      repeat(
        [get(at), vector.load, set(bytes), get(weight), vector.load32Splat, set(factor)],
        [get(bytes), vector.bytesToInt16Low, set(pairs), addTo(sum0, vector.int16ToInt32Low), addTo(sum1, vector.int16ToInt32High)],
        [get(bytes), vector.bytesToInt16High, set(pairs), addTo(sum2, vector.int16ToInt32Low), addTo(sum3, vector.int16ToInt32High)],
        step(at, get(stride)),
        step(weight, constant(4)),
        countDown(left),
      ),
      [get(output), bytesOf(rounded(sum0), rounded(sum1)), bytesOf(rounded(sum2), rounded(sum3)), vector.int16ToBytes, vector.store],
      step(output, constant(16)),
      [get(input), constant(16), add, tee(input), get(end), isLess],
    ),
  ];
  return { numParameters: 6, numIntegers: 4, numVectors: 7, body };
}
