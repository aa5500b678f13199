import type { Code } from "../../../../wasm/code.js";
import { int, repeatWhile, set, tee, vector } from "../../../../wasm/instructions.js";
import { high16, low16, pairs } from "../../../../wasm/lanes.js";
import { wasmFunction, type Local, type WasmFunction } from "../../../../wasm/wasm-module.js";

const { constant } = int;
const advance = (variable: Local, by: number): Code => set(variable, int.add(variable, constant(by)));

/**
 * int16 sums of two rows of samples, weighted `nearWeight` and `farWeight`. The first and the last one are repeated outside of the row.
 * Writes up to 14 bytes more.
 */
export function sumRows(): WasmFunction {
  return wasmFunction(
    {
      parameters: ["near", "far", "nearWeight", "farWeight", "sums", "width"],
      integers: ["at", "end"],
      vectors: ["nearWeights", "farWeights"],
    },
    ({ near, far, nearWeight, farWeight, sums, width, at, end, nearWeights, farWeights }) => [
      set(nearWeights, vector.splat16(nearWeight)),
      set(farWeights, vector.splat16(farWeight)),
      set(at, sums),
      set(end, int.add(near, width)),
      repeatWhile(
        [
          vector.store(
            at,
            vector.add16(vector.multiply16(vector.load8Bytes(near), nearWeights), vector.multiply16(vector.load8Bytes(far), farWeights)),
          ),
          advance(at, 16),
          advance(far, 8),
        ],
        int.isLess(tee(near, int.add(near, constant(8))), end),
      ),
      int.store16(int.subtract(sums, constant(2)), int.load16(sums)),
      set(at, int.add(sums, int.shiftLeft(width, constant(1)))),
      int.store16(at, int.load16(int.subtract(at, constant(2)))),
    ],
  );
}

/** Twice as many samples of `width` sums: 3/4 of the nearer, 1/4 of the farther one, plus `left` or `right`, without `bits` bits. Writes up to 14 bytes more. */
export function enlargeSums(): WasmFunction {
  return wasmFunction(
    {
      parameters: ["sums", "samples", "width", "left", "right", "bits"],
      integers: ["end"],
      vectors: ["lefts", "rights", "middle", "threes"],
    },
    ({ sums, samples, width, left, right, bits, end, lefts, rights, middle, threes }) => {
      const rounded = (neighbours: Code, rounding: Code): Code =>
        vector.shiftRight16(vector.add16(vector.add16(middle, neighbours), rounding), bits);
      return [
        set(lefts, vector.splat16(left)),
        set(rights, vector.splat16(right)),
        set(threes, vector.splat16(constant(3))),
        set(end, int.add(sums, int.shiftLeft(width, constant(1)))),
        repeatWhile(
          [
            set(middle, vector.multiply16(vector.load(sums), threes)),
            vector.store(
              samples,
              vector.or(
                rounded(vector.load(int.subtract(sums, constant(2))), lefts),
                vector.shiftLeft16(rounded(vector.load(sums, 2), rights), constant(8)),
              ),
            ),
            advance(samples, 16),
          ],
          int.isLess(tee(sums, int.add(sums, constant(16))), end),
        ),
      ];
    },
  );
}

/** Bytes of three vectors in turn: the `part`th 16 of 48. */
function interleaveThree(first: Code, second: Code, third: Code, part: number): Code {
  const places = Array.from({ length: 16 }, (_, i) => ({ index: Math.floor((16 * part + i) / 3), source: (16 * part + i) % 3 }));
  const two = places.map(({ index, source }) => (source === 1 ? 16 + index : index));
  const three = places.map(({ index, source }, i) => (source === 2 ? 16 + index : i));
  return vector.shuffle(vector.shuffle(first, second, two), third, three);
}

/** The colours of `width` pixels from their luma and chroma (JFIF 1.02). Writes up to 45 bytes more. */
export function colourRow(): WasmFunction {
  return wasmFunction(
    {
      parameters: ["luma", "blue", "red", "pixels", "width"],
      integers: ["end"],
      vectors: ["y", "cb", "cr", "lowPair", "highPair", "r", "g", "b", "r2", "g2", "b2", "toRed", "toGreen", "toBlue", "half", "middle"],
    },
    ({ luma, blue, red, pixels, width, end, y, cb, cr, lowPair, highPair, r, g, b, r2, g2, b2, toRed, toGreen, toBlue, half, middle }) => {
      const share = (factors: Local): Code => {
        const part = (pair: Local): Code => vector.shiftRight32(vector.add32(vector.sumOfProducts(pair, factors), half), constant(16));
        return vector.int32ToInt16(part(lowPair), part(highPair));
      };
      const ofHalf = (offset: number, [toR, toG, toB]: readonly [Local, Local, Local]): Code => [
        set(y, vector.load8Bytes(luma, offset)),
        set(cb, vector.subtract16(vector.load8Bytes(blue, offset), middle)),
        set(cr, vector.subtract16(vector.load8Bytes(red, offset), middle)),
        set(lowPair, low16(cb, cr)),
        set(highPair, high16(cb, cr)),
        set(toR, vector.add16(vector.add16(y, cr), share(toRed))),
        set(toG, vector.add16(vector.subtract16(y, cr), share(toGreen))),
        set(toB, vector.add16(vector.add16(y, vector.add16(cb, cb)), vector.multiplyFractions16(cb, toBlue))),
      ];
      return [
        // 1.402, -0.344136 and -0.714136, and 1.772, times 2^16, less the whole numbers that are added apart.
        set(toRed, pairs(0, 91881 - 65536)),
        set(toGreen, pairs(-22554, 65536 - 46802)),
        set(toBlue, vector.splat16(constant((116130 - 2 * 65536) / 2))),
        set(half, vector.splat32(constant(32768))),
        set(middle, vector.splat16(constant(128))),
        set(end, int.add(luma, width)),
        repeatWhile(
          [
            ofHalf(0, [r, g, b]),
            ofHalf(8, [r2, g2, b2]),
            set(r, vector.int16ToBytes(r, r2)),
            set(g, vector.int16ToBytes(g, g2)),
            set(b, vector.int16ToBytes(b, b2)),
            [0, 1, 2].map((part) => vector.store(pixels, interleaveThree(r, g, b, part), 16 * part)),
            advance(pixels, 48),
            advance(blue, 16),
            advance(red, 16),
          ],
          int.isLess(tee(luma, int.add(luma, constant(16))), end),
        ),
      ];
    },
  );
}
