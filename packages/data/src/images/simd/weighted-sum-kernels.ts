import type { Code } from "../../wasm/code.js";
import { int, repeatWhile, set, tee, vector } from "../../wasm/instructions.js";
import { wasmFunction, type Local, type WasmFunction } from "../../wasm/wasm-module.js";
import { FRACTION_BITS, HALF } from "../weighted-sum.js";

const { constant } = int;
const half = vector.splat32(constant(HALF));
const rounded = (sum: Local): Code => vector.shiftRight32(sum, constant(FRACTION_BITS));
const increase = (variable: Local, by: Code): Code => set(variable, int.add(variable, by));
const decreased = (variable: Local): Code => tee(variable, int.subtract(variable, constant(1)));
const addTo = (sum: Local, value: Code): Code => set(sum, vector.add32(sum, value));

/** Rows that {@link sumOfPixels} makes together, so that weights and counters serve all of them. */
export const ROWS_TOGETHER = 4;

/**
 * Four rows of pixels of up to 4 channels, made `width` pixels long: a pixel's channels are the lanes of a vector. The rows lie `inputStride` and `outputStride` bytes apart.
 * `starts` [width] are in bytes from `input` on, `counts` [width]; the weights of the next pixel lie `weightsStep` bytes after those of one.
 * Reads and writes up to 3 bytes more than a row has.
 */
export function sumOfPixels(): WasmFunction {
  return wasmFunction(
    {
      parameters: [
        ...(["input", "output", "width", "channels", "starts", "counts"] as const),
        ...(["weights", "weightsStep", "inputStride", "outputStride"] as const),
      ],
      integers: ["at", "weight", "left", "row"],
      vectors: ["factor", "sum0", "sum1", "sum2", "sum3"],
    },
    ({ input, output, width, channels, starts, counts, weights, weightsStep, inputStride, outputStride, ...variables }) => {
      const { at, weight, left, row, factor } = variables;
      const sums = [variables.sum0, variables.sum1, variables.sum2, variables.sum3];
      const pixel = (address: Code): Code => vector.int16ToInt32Low(vector.bytesToInt16Low(vector.load32Zero(address)));
      return repeatWhile(
        [
          sums.map((sum) => set(sum, half)),
          set(at, int.add(int.load32(starts), input)),
          set(weight, weights),
          set(left, int.load32(counts)),
          repeatWhile(
            [
              set(factor, vector.load32Splat(weight)),
              set(row, at),
              sums.map((sum, i) => {
                const address = i === 0 ? row : tee(row, int.add(row, inputStride));
                return addTo(sum, vector.multiply32(pixel(address), factor));
              }),
              increase(at, channels),
              increase(weight, constant(4)),
            ],
            decreased(left),
          ),
          set(row, output),
          sums.map((sum) => [
            set(sum, vector.int32ToInt16(rounded(sum), rounded(sum))),
            vector.storeFirst32(row, vector.int16ToBytes(sum, sum)),
            increase(row, outputStride),
          ]),
          increase(output, channels),
          increase(starts, constant(4)),
          increase(counts, constant(4)),
          increase(weights, weightsStep),
        ],
        decreased(width),
      );
    },
  );
}

/**
 * `length` bytes, each the weighted sum of `count` bytes that lie `stride` apart, from `input` on: 16 at a time.
 * Reads and writes up to 15 bytes more.
 */
export function sumOfRows(): WasmFunction {
  return wasmFunction(
    {
      parameters: ["input", "output", "length", "stride", "count", "weights"],
      integers: ["at", "weight", "left", "end"],
      vectors: ["bytes", "pairs", "factor", "sum0", "sum1", "sum2", "sum3"],
    },
    ({ input, output, length, stride, count, weights, at, weight, left, end, bytes, pairs, factor, sum0, sum1, sum2, sum3 }) => {
      const addProducts = (low: Local, high: Local): Code => [
        addTo(low, vector.multiply32(vector.int16ToInt32Low(pairs), factor)),
        addTo(high, vector.multiply32(vector.int16ToInt32High(pairs), factor)),
      ];
      return [
        set(end, int.add(input, length)),
        repeatWhile(
          [
            [sum0, sum1, sum2, sum3].map((sum) => set(sum, half)),
            set(at, input),
            set(weight, weights),
            set(left, count),
            repeatWhile(
              [
                set(bytes, vector.load(at)),
                set(factor, vector.load32Splat(weight)),
                set(pairs, vector.bytesToInt16Low(bytes)),
                addProducts(sum0, sum1),
                set(pairs, vector.bytesToInt16High(bytes)),
                addProducts(sum2, sum3),
                increase(at, stride),
                increase(weight, constant(4)),
              ],
              decreased(left),
            ),
            vector.store(
              output,
              vector.int16ToBytes(vector.int32ToInt16(rounded(sum0), rounded(sum1)), vector.int32ToInt16(rounded(sum2), rounded(sum3))),
            ),
            increase(output, constant(16)),
          ],
          int.isLess(tee(input, int.add(input, constant(16))), end),
        ),
      ];
    },
  );
}
