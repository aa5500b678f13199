import type { Code } from "../../../../wasm/code.js";
import { block, choose, int, jump, jumpIf, long, loop, returnNow, set, tee, when } from "../../../../wasm/instructions.js";
import { wasmFunction, type WasmFunction } from "../../../../wasm/wasm-module.js";
import { FAST_BITS, signedValue, type HuffmanTable } from "../huffman.js";
import { ZIGZAG } from "../coefficients.js";

const { constant } = int;

/** What is kept from call to call. Byte offsets; all are int32 but `bits`. */
export const STATE = {
  /** Address of the next byte that is not in `bits`. */
  position: 0,
  /** Bits in `bits`. */
  numBits: 4,
  /** Bits beyond the end of the data that stand in `bits`, as zeros. */
  numInvented: 8,
  /** Not 0 after bits that are no code, and after what a baseline JPEG should not have. */
  isFaulty: 12,
  /** int64: the next bits, from the uppermost on. */
  bits: 16,
  size: 24,
} as const;

/** One block of a unit. Byte offsets; all are int32. */
export const BLOCK = {
  dcTable: 0,
  acTable: 4,
  /** Address of the DC value of the component's block before. */
  lastDc: 8,
  /** Address of its coefficients: of the next unit they lie `step` bytes behind. */
  coefficients: 12,
  step: 16,
  size: 20,
} as const;

// A Huffman table: by the next bits what they begin with, then three arrays of the HuffmanTable.
const ENDS = 4 << FAST_BITS;
const OFFSETS = ENDS + 17 * 4;
const SYMBOLS = OFFSETS + 17 * 4;
/** In what bits begin with: that it is a coefficient with its value. */
const HAS_VALUE = 0x80;

/**
 * A Huffman table as the kernel reads it. Of each bits: `value << 16 | zeros << 8 | HAS_VALUE | length` where code and value fit in them,
 * else `symbol << 8 | length`, or 0 for longer codes.
 */
export function packTable({ fast, ends, offsets, symbols }: HuffmanTable): Int32Array {
  const packed = new Int32Array((SYMBOLS + 256) / 4);
  for (let bits = 0; bits < fast.length; bits++) {
    const [length, symbol] = [fast[bits]! >> 8, fast[bits]! & 255];
    const size = symbol & 15;
    const numLeft = FAST_BITS - length - size;
    packed[bits] = fast[bits] === 0 ? 0 : (symbol << 8) | length;
    if (length === 0 || size === 0 || numLeft < 0) continue;
    const value = signedValue((bits >> numLeft) & ((1 << size) - 1), size);
    packed[bits] = (value << 16) | ((symbol >> 4) << 8) | HAS_VALUE | (length + size);
  }
  packed.set(ends, ENDS / 4);
  packed.set(offsets, OFFSETS / 4);
  new Uint8Array(packed.buffer).set(symbols, SYMBOLS);
  return packed;
}

/** By their number, the places of coefficients in a block, in bytes. Those that a run of zeros leads beyond the last one are a fault that is told afterwards. */
export const COEFFICIENT_PLACES = Uint8Array.from({ length: 64 + 16 }, (_, k) => 2 * ZIGZAG[Math.min(k, 63)]!);

/** Reads the coefficients of `numUnits` units, each of `numBlocks` blocks, into coefficients that are 0 (T.81, F.2.2). */
export function readUnits(): WasmFunction {
  return wasmFunction(
    {
      parameters: ["state", "blocks", "numBlocks", "numUnits", "places"],
      integers: ["position", "numBits", "numInvented", "left", "item", "table", "at", "k", "entry", "size", "word", "value"],
      longs: ["bits"],
    },
    ({
      state,
      blocks,
      numBlocks,
      numUnits,
      places,
      position,
      numBits,
      numInvented,
      left,
      item,
      table,
      at,
      k,
      entry,
      size,
      word,
      value,
      bits,
    }) => {
      const increase = (variable: typeof k, by: Code): Code => set(variable, int.add(variable, by));
      const fault = [int.store32(state, constant(1), STATE.isFaulty), returnNow];
      const append = (byteOrWord: Code, place: number): Code =>
        set(bits, long.or(bits, long.shiftLeft(long.ofInt(byteOrWord), long.ofInt(int.subtract(constant(place), numBits)))));
      /** A byte ff stands in for itself with a zero byte behind it; otherwise it begins a marker, which ends the data. */
      const takeByte = [
        set(word, int.load8(position)),
        choose(
          int.isEqual(word, constant(255)),
          [choose(int.load8(position, 1), [set(word, constant(0)), increase(numInvented, constant(8))], [increase(position, constant(2))])],
          [increase(position, constant(1))],
        ),
        append(word, 56),
        increase(numBits, constant(8)),
      ];
      const hasByteFf = int.and(
        int.and(int.subtract(int.exclusiveOr(word, constant(-1)), constant(0x01010101)), word),
        constant(0x80808080 | 0),
      );
      const bigEndian = int.or(
        int.and(int.rotateLeft(word, constant(8)), constant(0x00ff00ff)),
        int.and(int.rotateLeft(word, constant(24)), constant(0xff00ff00 | 0)),
      );
      /** At least 33 bits: the longest code and its value. */
      const fill = when(
        int.isLess(numBits, constant(33)),
        set(word, int.load32(position)),
        choose(
          hasByteFf,
          [loop(...takeByte, jumpIf(0, int.isLess(numBits, constant(57))))],
          [append(bigEndian, 32), increase(numBits, constant(32)), increase(position, constant(4))],
        ),
      );
      const firstBits = (count: Code): Code => int.ofLong(long.shiftRightUnsigned(bits, long.ofInt(int.subtract(constant(64), count))));
      const drop = (count: Code): Code => [set(bits, long.shiftLeft(bits, long.ofInt(count))), set(numBits, int.subtract(numBits, count))];
      const findLongCode = [
        set(size, constant(FAST_BITS)),
        loop(
          increase(size, constant(1)),
          when(int.isGreater(size, constant(16)), ...fault),
          set(word, int.add(table, int.shiftLeft(size, constant(2)))),
          jumpIf(0, int.isZero(int.isLess(tee(value, firstBits(size)), int.load32(word, ENDS)))),
        ),
        set(value, int.load8(int.add(table, int.add(value, int.load32(word, OFFSETS))), SYMBOLS)),
        set(entry, int.or(int.shiftLeft(value, constant(8)), size)),
      ];
      const findEntry = [
        fill,
        set(entry, int.load32(int.add(table, int.shiftLeft(firstBits(constant(FAST_BITS)), constant(2))))),
        when(int.isZero(entry), ...findLongCode),
      ];
      /** The value that follows a code (T.81, F.2.2.1); its size is not 0. */
      const takeValue = [
        set(value, int.subtract(constant(1), int.shiftLeft(constant(1), size))),
        set(value, int.and(value, int.exclusiveOr(int.ofLong(long.shiftRight(bits, long.constant(63))), constant(-1)))),
        set(value, int.add(value, firstBits(size))),
        drop(size),
      ];
      const sizeOfEntry = int.and(int.shiftRight(entry, constant(8)), constant(15));
      const lengthOfEntry = int.and(entry, constant(31));
      const hasValue = int.and(entry, constant(HAS_VALUE));
      const readDc = [
        set(table, int.load32(item, BLOCK.dcTable)),
        findEntry,
        drop(lengthOfEntry),
        choose(
          hasValue,
          [set(value, int.shiftRight(entry, constant(16)))],
          [set(value, constant(0)), when(tee(size, sizeOfEntry), ...takeValue)],
        ),
        set(word, int.load32(item, BLOCK.lastDc)),
        set(value, int.add(value, int.load32(word))),
        int.store32(word, value),
        int.store16(at, value),
      ];
      const storeValue = [int.store16(int.add(at, int.load8(int.add(places, k))), value), increase(k, constant(1))];
      const readAc = [
        set(table, int.load32(item, BLOCK.acTable)),
        set(k, constant(1)),
        block(
          loop(
            findEntry,
            drop(lengthOfEntry),
            when(
              hasValue,
              increase(k, sizeOfEntry), // the zeros stand in its place
              set(value, int.shiftRight(entry, constant(16))),
              storeValue,
              jumpIf(1, int.isLess(k, constant(64))),
              jump(2),
            ),
            set(word, int.shiftRight(entry, constant(12))),
            increase(k, word),
            when(tee(size, sizeOfEntry), takeValue, storeValue, jumpIf(1, int.isLess(k, constant(64))), jump(2)),
            jumpIf(1, int.isZero(word)), // the other coefficients are 0
            when(int.isLess(word, constant(15)), ...fault),
            increase(k, constant(1)),
            jumpIf(0, int.isLess(k, constant(64))),
          ),
        ),
        when(int.isGreater(k, constant(64)), ...fault),
      ];
      return [
        set(position, int.load32(state, STATE.position)),
        set(numBits, int.load32(state, STATE.numBits)),
        set(numInvented, int.load32(state, STATE.numInvented)),
        set(bits, long.load(state, STATE.bits)),
        loop(
          set(item, blocks),
          set(left, numBlocks),
          loop(
            set(at, int.load32(item, BLOCK.coefficients)),
            readDc,
            readAc,
            int.store32(item, int.add(at, int.load32(item, BLOCK.step)), BLOCK.coefficients),
            increase(item, constant(BLOCK.size)),
            jumpIf(0, tee(left, int.subtract(left, constant(1)))),
          ),
          jumpIf(0, tee(numUnits, int.subtract(numUnits, constant(1)))),
        ),
        int.store32(state, position, STATE.position),
        int.store32(state, numBits, STATE.numBits),
        int.store32(state, numInvented, STATE.numInvented),
        long.store(state, bits, STATE.bits),
      ];
    },
  );
}
