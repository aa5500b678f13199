import { setPrecision } from "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { areSameBits, backend, cosine, halfOf, memoryOf, rounded } from "./bf16-chain.js";
import { random, randomValues } from "./on-both-backends.js";

const names = ["output", "logSums", "dq", "dk", "dv"] as const;
type Results = Record<(typeof names)[number], Float32Array>;
type Operands = readonly [q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, dy: tf.Tensor];

interface Settings {
  readonly causal?: boolean;
  readonly rate?: number;
  readonly scale?: number;
}

/** Output and gradients in a precision; q, k, v [batch, heads, length, size]. */
function attend(precision: "f32" | "bf16", [q, k, v, dy]: Operands, settings: Settings = {}): Results {
  setPrecision(precision);
  const attrs = { layout: "bhld", causal: false, isMasked: false, scale: 1 / Math.sqrt(q.shape[3]!), rate: 0, seed: 5, ...settings };
  const kernel = (name: string, inputs: tf.Tensor[]): tf.Tensor[] =>
    tf.engine().runKernel(name, inputs as unknown as tf.NamedTensorMap, attrs) as tf.Tensor[];
  const forward = kernel("FusedAttention", [q, k, v]);
  const results = [...forward, ...kernel("FusedAttentionGrad", [dy, ...forward, q, k, v])];
  setPrecision("f32");
  return Object.fromEntries(results.map((tensor, i) => [names[i]!, tensor.dataSync()])) as unknown as Results;
}

interface Sizes {
  readonly queries: number;
  readonly keys: number;
  readonly size: number;
  readonly sizeV: number;
}

function operandsOf({ queries, keys, size, sizeV }: Sizes, spread = 2): Operands {
  const tensor = (shape: readonly number[], seed: number, scale: number): tf.Tensor =>
    tf.tensor(randomValues([2, 3, ...shape], seed), [2, 3, ...shape]).mul(scale);
  return [tensor([queries, size], 1, spread), tensor([keys, size], 2, spread), tensor([keys, sizeV], 3, 1), tensor([queries, sizeV], 4, 1)];
}

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const distance = (a: Float32Array, b: Float32Array): number => largest(a.map((value, i) => value - b[i]!)) / largest(b);
/** One head of numbers that bfloat16 holds. */
const head = (shape: [number, number], seed: number): tf.Tensor4D =>
  rounded(tf.tensor(random(shape, seed).values, [1, 1, ...shape])) as tf.Tensor4D;
const identity = (size: number): tf.Tensor4D => tf.reshape(tf.eye(size), [1, 1, size, size]);
/** Share of the numbers that equal the expected ones to the precision of float32: sums in another order round a few to a neighbour. */
const shareOfEqual = (actual: Float32Array, expected: Float32Array): number =>
  actual.filter((value, i) => Math.abs(value - expected[i]!) <= 1e-6 * Math.abs(expected[i]!)).length / actual.length;
const roundedValues = (values: Float32Array): Float32Array => rounded(tf.tensor1d(values)).dataSync<"float32">();

beforeAll(async () => {
  await tf.setBackend("native");
});
afterEach(() => void setPrecision("f32"));

const cases: readonly (Sizes & Settings)[] = [
  { queries: 64, keys: 64, size: 32, sizeV: 32 },
  { queries: 130, keys: 75, size: 64, sizeV: 48, causal: true },
  { queries: 17, keys: 201, size: 20, sizeV: 7, rate: 0.3 },
  { queries: 1, keys: 3, size: 5, sizeV: 1 },
];

describe("attention in bf16", () => {
  it.each(cases)(
    "stays close to float32, and so do the gradients: $queries x $keys, $size, $sizeV",
    ({ causal = false, rate = 0, ...sizes }) => {
      const operands = operandsOf(sizes);
      const [exact, inBf16] = [attend("f32", operands, { causal, rate }), attend("bf16", operands, { causal, rate })];
      for (const name of names) {
        expect(distance(inBf16[name], exact[name])).toBeGreaterThan(0);
        // Scores are off by some 2^-8 of their size, which is about 2; weights by as much of theirs, and are rounded again.
        expect(distance(inBf16[name], exact[name])).toBeLessThan(2 ** -5);
        expect(cosine(inBf16[name], exact[name])).toBeGreaterThan(0.999);
      }
    },
  );

  it.each(cases)(
    "uses of its operands what bfloat16 holds, and nothing else: $queries x $keys, $size, $sizeV",
    ({ causal = false, rate = 0, ...sizes }) => {
      const operands = operandsOf(sizes);
      const given = attend("bf16", operands, { causal, rate });
      for (const map of [rounded, halfOf]) {
        const ofMapped = attend("bf16", operands.map(map) as unknown as Operands, { causal, rate });
        expect(areSameBits(Object.values(ofMapped), Object.values(given))).toBe(true);
      }
      // Scores and their sums are float32: those of float32 on the rounded operands.
      const onRounded = attend("f32", operands.map(rounded) as unknown as Operands, { causal, rate });
      expect(distance(given.logSums, onRounded.logSums)).toBeLessThan(1e-6);
    },
  );

  it("rounds exponentials, weights and gradients of scores where they become factors of a product", () => {
    const [size, scale] = [40, 1];
    const [q, k, dy] = [head([size, size], 1), head([size, size], 2), head([size, size], 4)];

    // Values that are an identity let the weights through: exponentials over their sum, of which the largest is 1 before.
    const weightsOf = ({ output }: Results): Float32Array => {
      const rows = tf.tensor2d(output, [size, size]);
      return tf.div(rows, tf.max(rows, 1, true)).dataSync<"float32">();
    };
    const values = [q, k, identity(size), dy] as const;
    const exponentials = weightsOf(attend("f32", values, { scale }));
    expect(shareOfEqual(weightsOf(attend("bf16", values, { scale })), roundedValues(exponentials))).toBeGreaterThan(0.99);

    const gradients = [q, k, head([size, size], 3), identity(size)] as const;
    const { dv } = attend("f32", gradients, { scale });
    expect(shareOfEqual(attend("bf16", gradients, { scale }).dv, roundedValues(dv))).toBeGreaterThan(0.99);

    // The gradient of the scores has a difference in it, of products in float32 and a row's mean, which bfloat16 weights shift.
    const scoreGradients = (precision: "f32" | "bf16"): Float32Array[] => [
      attend(precision, [q, identity(size), head([size, size], 3), dy], { scale }).dq,
      attend(precision, [identity(size), k, head([size, size], 3), dy], { scale }).dk,
    ];
    const exact = scoreGradients("f32");
    scoreGradients("bf16").forEach((gradient, i) => {
      expect(shareOfEqual(gradient, roundedValues(gradient))).toBe(1);
      expect(distance(gradient, exact[i]!)).toBeLessThan(2 ** -7);
    });
  });

  it("gives the same bits again", () => {
    const operands = operandsOf({ queries: 130, keys: 75, size: 64, sizeV: 48 });
    expect(areSameBits(Object.values(attend("bf16", operands)), Object.values(attend("bf16", operands)))).toBe(true);
  });

  it("reads operands that lie as bfloat16 where they lie", () => {
    const operands = operandsOf({ queries: 32, keys: 32, size: 16, sizeV: 16 }).map(halfOf) as unknown as Operands;
    const { numWidened } = backend();
    attend("bf16", operands);
    expect(backend().numWidened).toBe(numWidened);
    expect(operands.map((tensor) => memoryOf(tensor).isBf16Only)).toEqual([true, true, true, true]);
  });

  it("gives rows without a key, NaN and infinity as float32 does", () => {
    const [q, k, v] = operandsOf({ queries: 2, keys: 2, size: 4, sizeV: 4 }).map((tensor) => tf.slice(tensor, [0, 0, 0, 0], [1, 1, 2, 4]));
    setPrecision("bf16");
    const attrs = { layout: "bhld", causal: false, isMasked: true, scale: 1, rate: 0, seed: 0 };
    const mask = tf.tensor2d([0, 0, 1, 1], [2, 2], "bool");
    const attended = (value: tf.Tensor): number[] => {
      const inputs = [q!, k!, value, mask] as unknown as tf.NamedTensorMap;
      return [...(tf.engine().runKernel("FusedAttention", inputs, attrs) as tf.Tensor[])[0]!.dataSync()];
    };
    expect(attended(v!).slice(0, 4)).toEqual([0, 0, 0, 0]);
    const odd = tf.concat([tf.tensor4d([NaN, Infinity, -Infinity, 3e38], [1, 1, 1, 4]), tf.slice(v!, [0, 0, 1, 0], [1, 1, 1, 4])], 2);
    expect(attended(odd).slice(4, 7)).toEqual([NaN, Infinity, -Infinity]);
  });
});
