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

/**
 * One row of pixels of up to 4 channels, made `width` pixels long: a pixel's channels are the lanes of a vector.
 * `starts` [width] are in bytes from `input` on, `counts` [width]; the weights of the next pixel lie `weightsStep` bytes after those of one.
 * Reads and writes up to 3 bytes more than the row has.
 */
export function sumOfRow(): WasmFunction {
  const { input, output, width, channels, starts, counts, weights, weightsStep, at, weight, left, sum } = numbered(
    ...(["input", "output", "width", "channels", "starts", "counts", "weights", "weightsStep"] as const),
    ...(["at", "weight", "left", "sum"] as const),
  );
  const product = [
    get(at),
    vector.load32Zero,
    vector.bytesToInt16Low,
    vector.int16ToInt32Low,
    get(weight),
    vector.load32Splat,
    vector.multiply32,
  ];
  const body = repeat(
    [half, set(sum)],
    [get(starts), load32, get(input), add, set(at)],
    [get(weights), set(weight)],
    [get(counts), load32, set(left)],
    repeat([get(sum), product, vector.add32, set(sum)], step(at, get(channels)), step(weight, constant(4)), countDown(left)),
    [get(output), bytesOf(rounded(sum), rounded(sum)), get(sum), vector.int16ToBytes, vector.storeFirst32],
    step(output, get(channels)),
    step(starts, constant(4)),
    step(counts, constant(4)),
    step(weights, get(weightsStep)),
    countDown(width),
  );
  return { numParameters: 8, numIntegers: 3, numVectors: 1, body };
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
