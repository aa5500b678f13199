import type { Code } from "../../../../wasm/code.js";
import { int, repeatWhile, set, tee, vector } from "../../../../wasm/instructions.js";
import { high16, high32, high8, low16, low32, low8, pairs } from "../../../../wasm/lanes.js";
import { wasmFunction, type Local, type WasmFunction } from "../../../../wasm/wasm-module.js";
import { cosines, PASS_BITS, SCALE_BITS } from "../inverse-dct.js";

const { c298, c390, c541, c765, c899, c1175, c1501, c1847, c1961, c2053, c2562, c3072 } = cosines;

/** Factors of pairs of int16, each used by one sum of two products. */
const FACTORS = {
  even0: pairs(c541 + c765, c541),
  even1: pairs(c541, c541 - c1847),
  shared3: pairs(c1175 - c1961, c1175),
  shared4: pairs(c1175, c1175 - c390),
  odd0: pairs(-c899, c1501 - c899),
  odd1: pairs(-c2562, c3072 - c2562),
  odd2: pairs(c2053 - c2562, -c2562),
  odd3: pairs(c298 - c899, -c899),
} as const;

const ROWS = ["row0", "row1", "row2", "row3", "row4", "row5", "row6", "row7"] as const;
const HALVES = ["half0", "half1", "half2", "half3", "half4", "half5", "half6", "half7"] as const;
const SUMS = ["sum", "difference", "sum73", "sum51", "pair26", "pair71", "pair53", "z3", "z4"] as const;
const PARTS = ["e0", "e1", "e2", "e3", "o0", "o1", "o2", "o3"] as const;
const factorNames = Object.keys(FACTORS) as (keyof typeof FACTORS)[];

type Vectors = Readonly<
  Record<(typeof ROWS | typeof HALVES | typeof SUMS | typeof PARTS)[number] | keyof typeof FACTORS | "rounding", Local>
>;

/**
 * `inverseDct()` of `count` blocks one beside the other: int16 coefficients, which become 0, times an int16 table, both row by row, to rows of samples.
 */
export function transformBlocks(): WasmFunction {
  return wasmFunction(
    {
      parameters: ["coefficients", "table", "samples", "stride", "count"],
      integers: ["to"],
      vectors: [...ROWS, ...HALVES, ...SUMS, ...PARTS, ...factorNames, "rounding", "zero", "middle"],
    },
    ({ coefficients, table, samples, stride, count, to, zero, middle, ...vectors }) => {
      const rows = ROWS.map((name) => vectors[name]);
      return [
        factorNames.map((name) => set(vectors[name], FACTORS[name])),
        set(middle, vector.splat32(int.constant(0x80808080 | 0))),
        repeatWhile(
          [
            rows.map((row, i) => [
              set(row, vector.multiply16(vector.load(coefficients, 16 * i), vector.load(table, 16 * i))),
              vector.store(coefficients, zero, 16 * i),
            ]),
            set(vectors.rounding, vector.splat32(int.constant(1 << (SCALE_BITS - PASS_BITS - 1)))),
            transform(vectors, SCALE_BITS - PASS_BITS),
            transpose(
              rows,
              HALVES.map((name) => vectors[name]),
            ),
            set(vectors.rounding, vector.splat32(int.constant(1 << (SCALE_BITS + PASS_BITS + 2)))),
            transform(vectors, SCALE_BITS + PASS_BITS + 3),
            set(to, samples),
            storeTransposed(rows, vectors, middle, to, stride),
            set(samples, int.add(samples, int.constant(8))),
            set(coefficients, int.add(coefficients, int.constant(128))),
          ],
          tee(count, int.subtract(count, int.constant(1))),
        ),
      ];
    },
  );
}

/** The transform along all eight columns, each row of results rounded to 2^`shift`: lanes 0 to 3 first, then 4 to 7. */
function transform(v: Vectors, shift: number): Code {
  const rows = ROWS.map((name) => v[name]);
  const [row0, row1, row2, row3, row4, row5, row6, row7] = rows as unknown as Local[] & Record<number, Local>;
  const outputs: readonly Code[] = [
    ...[v.e0, v.e1, v.e2, v.e3].map((even, i) => vector.add32(even, [v.o0, v.o1, v.o2, v.o3][i]!)),
    ...[v.e3, v.e2, v.e1, v.e0].map((even, i) => vector.subtract32(even, [v.o3, v.o2, v.o1, v.o0][i]!)),
  ].map((result) => vector.shiftRight32(result, int.constant(shift)));
  const ofHalf = (widen: (a: Code) => Code, interleave: (a: Code, b: Code) => Code): Code => [
    set(v.pair26, interleave(row2!, row6!)),
    set(v.e3, vector.add32(vector.shiftLeft32(widen(v.sum), int.constant(SCALE_BITS)), v.rounding)),
    set(v.e2, vector.add32(vector.shiftLeft32(widen(v.difference), int.constant(SCALE_BITS)), v.rounding)),
    set(v.z3, vector.sumOfProducts(v.pair26, v.even0)),
    set(v.z4, vector.sumOfProducts(v.pair26, v.even1)),
    set(v.e0, vector.add32(v.e3, v.z3)),
    set(v.e3, vector.subtract32(v.e3, v.z3)),
    set(v.e1, vector.add32(v.e2, v.z4)),
    set(v.e2, vector.subtract32(v.e2, v.z4)),
    set(v.pair71, interleave(v.sum73, v.sum51)),
    set(v.z3, vector.sumOfProducts(v.pair71, v.shared3)),
    set(v.z4, vector.sumOfProducts(v.pair71, v.shared4)),
    set(v.pair71, interleave(row7!, row1!)),
    set(v.pair53, interleave(row5!, row3!)),
    set(v.o0, vector.add32(vector.sumOfProducts(v.pair71, v.odd0), v.z4)),
    set(v.o1, vector.add32(vector.sumOfProducts(v.pair53, v.odd1), v.z3)),
    set(v.o2, vector.add32(vector.sumOfProducts(v.pair53, v.odd2), v.z4)),
    set(v.o3, vector.add32(vector.sumOfProducts(v.pair71, v.odd3), v.z3)),
  ];
  return [
    set(v.sum, vector.add16(row0!, row4!)),
    set(v.difference, vector.subtract16(row0!, row4!)),
    set(v.sum73, vector.add16(row7!, row3!)),
    set(v.sum51, vector.add16(row5!, row1!)),
    ofHalf(vector.int16ToInt32Low, low16),
    HALVES.map((name, i) => set(v[name], outputs[i]!)),
    ofHalf(vector.int16ToInt32High, high16),
    rows.map((row, i) => set(row, vector.int32ToInt16(v[HALVES[i]!], outputs[i]!))),
  ];
}

/** Rows become columns: three times, rows that lie four apart are interleaved. */
function transpose(rows: readonly Local[], spare: readonly Local[]): Code {
  const stage = (from: readonly Local[], to: readonly Local[]): Code =>
    [0, 1, 2, 3].map((i) => [set(to[2 * i]!, low16(from[i]!, from[i + 4]!)), set(to[2 * i + 1]!, high16(from[i]!, from[i + 4]!))]);
  return [stage(rows, spare), stage(spare, rows), stage(rows, spare), rows.map((row, i) => set(row, spare[i]!))];
}

/** Columns of int16 around 0 become rows of bytes around 128. */
function storeTransposed(columns: readonly Local[], v: Vectors, middle: Local, to: Local, stride: Local): Code {
  const bytesOf = (a: number, b: number): Code => vector.exclusiveOr(vector.int16ToInt8(columns[a]!, columns[b]!), middle);
  const [left, right] = [
    [v.half0, v.half1],
    [v.half2, v.half3],
  ] as const;
  const quarter = ([first, second]: readonly [Local, Local], start: number): Code => [
    set(first, bytesOf(start, start + 2)),
    set(second, bytesOf(start + 1, start + 3)),
    set(v.half4, low8(first, second)),
    set(v.half5, high8(first, second)),
    set(first, low16(v.half4, v.half5)),
    set(second, high16(v.half4, v.half5)),
  ];
  const rowPair = (pair: Code): Code => [
    set(v.half4, pair),
    vector.store64(to, v.half4, 0),
    vector.store64(tee(to, int.add(to, stride)), v.half4, 1),
    set(to, int.add(to, stride)),
  ];
  return [
    quarter(left, 0),
    quarter(right, 4),
    rowPair(low32(left[0], right[0])),
    rowPair(high32(left[0], right[0])),
    rowPair(low32(left[1], right[1])),
    rowPair(high32(left[1], right[1])),
  ];
}
