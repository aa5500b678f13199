import { readFileSync } from "node:fs";
import { RandomStream } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { beforeAll, describe, expect, it } from "vitest";
import { attention, type AttentionOptions, crossAttention, selfAttention } from "../src/index.js";
import { hasNative, here } from "./engines.js";
import { difference } from "./difference.js";

type Numbers = number[];
interface Case extends Record<"q" | "k" | "v" | "dy" | "y" | "dq" | "dk" | "dv", Numbers> {
  readonly shape: [batch: number, heads: number, queries: number, keys: number, size: number, sizeV: number];
  readonly options: AttentionOptions;
  readonly mask?: { readonly dtype: "bool" | "float32"; readonly shape: number[]; readonly values: Numbers };
}
const cases = (JSON.parse(readFileSync(new URL("fixtures/attention.json", import.meta.url), "utf8")) as { attention: Case[] }).attention;

const turned = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1, 3]);
const random = RandomStream.fromSeed(21);
const normal = (shape: number[]): Float32Array => Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal());

describe.each(here("cpu", "wasm", "native"))("attention on %s", (backend) => {
  beforeAll(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
  });

  it.each(cases)("equals PyTorch's, with its gradients, in both layouts: $shape $options", async (given) => {
    const [batch, heads, queries, keys, size, sizeV] = given.shape;
    const inputs = [
      tf.tensor(given.q, [batch, heads, queries, size]),
      tf.tensor(given.k, [batch, heads, keys, size]),
      tf.tensor(given.v, [batch, heads, keys, sizeV]),
    ];
    const mask = given.mask && tf.tensor(given.mask.values, given.mask.shape, given.mask.dtype);
    const options = { ...given.options, ...(mask && { mask }) };
    const dy = tf.tensor(given.dy, [batch, heads, queries, sizeV]);
    const direct = (...[q, k, v]: tf.Tensor[]): tf.Tensor => attention(q!, k!, v!, options);
    const other = (...[q, k, v]: tf.Tensor[]): tf.Tensor =>
      turned(attention(turned(q!), turned(k!), turned(v!), { ...options, layout: "blhd" }));
    for (const run of [direct, other]) {
      expect(await difference(run(...inputs), given.y)).toBeLessThan(1e-6);
      const gradients = tf.grads(run)(inputs, dy);
      for (const [i, expected] of [given.dq, given.dk, given.dv].entries()) {
        expect(await difference(gradients[i]!, expected)).toBeLessThan(1e-6);
      }
    }
  });

  it("gives 0, and gradient 0, to a query that may attend nothing", async () => {
    const [x, v] = [0, 1].map(() => tf.tensor(normal([1, 1, 3, 2]), [1, 1, 3, 2])) as [tf.Tensor, tf.Tensor];
    for (const mask of [
      tf.tensor([1, 1, 1, 0, 0, 0, 1, 0, 1], [3, 3], "bool"),
      tf.tensor([0, 0, 0, -Infinity, -Infinity, -Infinity, 0, -Infinity, 0], [3, 3]),
    ]) {
      const run = (q: tf.Tensor, k: tf.Tensor): tf.Tensor => attention(q, k, v, { mask });
      const values = await run(x, x).data();
      expect([values[2], values[3]]).toEqual([0, 0]);
      const [dq, dk] = tf.grads(run)([x, x.clone()], tf.ones([1, 1, 3, 2]));
      expect(Array.from(await dq!.slice([0, 0, 1, 0], [1, 1, 1, 2]).data())).toEqual([0, 0]);
      expect([...values, ...(await dq!.data()), ...(await dk!.data())].every(Number.isFinite)).toBe(true);
    }
  });

  it("keeps NaN in the rows that it reaches", async () => {
    const q = tf.tensor([NaN, 0, 1, 1], [1, 1, 2, 2]);
    const k = tf.tensor([1, 0, 0, 1], [1, 1, 2, 2]);
    const values = await attention(q, k, k).data();
    expect([...values].map(Number.isNaN)).toEqual([true, true, false, false]);
  });

  it("is stable for scores of any size", async () => {
    const q = tf.tensor([1000, 0, 0, -1000], [1, 1, 2, 2]);
    const k = tf.tensor([1, 0, 0, 1], [1, 1, 2, 2]);
    expect(await difference(attention(q, k, k), [1, 0, 1, 0])).toBe(0);
  });

  it("takes operands without elements", async () => {
    const [queries, keys, none] = [tf.zeros([2, 1, 3, 4]), tf.zeros([2, 1, 0, 4]), tf.zeros([0, 1, 3, 4])];
    expect([...(await attention(queries, keys, keys).data())]).toEqual(new Array(24).fill(0));
    expect(attention(keys, queries, queries).shape).toEqual([2, 1, 0, 4]);
    expect(attention(none, none, none, { causal: true }).shape).toEqual([0, 1, 3, 4]);
  });

  it("drops weights by the seed, the same in forward and backward pass", async () => {
    // With v the unit matrix the output is the weights.
    const q = tf.tensor(normal([2, 2, 5, 7]), [2, 2, 5, 7]);
    const eye = tf.tile(tf.eye(7).reshape([1, 1, 7, 7]), [2, 2, 1, 1]);
    const run = (v: tf.Tensor): tf.Tensor => attention(q, eye, v, { dropoutRate: 0.4, seed: 9 });
    const whole = await attention(q, eye, eye).data();
    const dropped = await run(eye).data();
    const kept = [...dropped].filter((value) => value !== 0).length;
    expect(kept).toBeGreaterThan(60);
    expect(kept).toBeLessThan(110);
    expect(
      await difference(tf.tensor([...dropped].map((value, i) => (value === 0 ? 0 : value * 0.6 - whole[i]!))), new Array(140).fill(0)),
    ).toBeLessThan(1e-6);
    // sum(weights v) is linear in v: its gradient is the sum of the weights over the queries.
    const expected = tf.tile(tf.tensor(dropped, [2, 2, 5, 7]).sum(2).reshape([2, 2, 7, 1]), [1, 1, 1, 7]);
    expect(await difference(tf.grad(run)(eye.clone(), tf.ones([2, 2, 5, 7])), await expected.data())).toBeLessThan(1e-6);
    expect([...(await attention(q, eye, eye, { dropoutRate: 0.4, seed: 10 }).data())]).not.toEqual([...dropped]);
  });

  it("releases what it holds", () => {
    const x = tf.zeros([1, 2, 3, 4]);
    const before = tf.memory().numTensors;
    attention(x, x, x, { causal: true, dropoutRate: 0.5, seed: 1 }).dispose();
    tf.grad((q) => attention(q, x, x))(x).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("has packed forms with the numbers of the plain one", async () => {
    const [qkv, kv, q] = [
      [2, 5, 3, 2, 6],
      [2, 4, 2, 2, 6],
      [2, 5, 2, 6],
    ].map((shape) => tf.tensor(normal(shape), shape)) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const dy = tf.tensor(normal([2, 5, 2, 6]), [2, 5, 2, 6]);
    const options = { causal: true, dropoutRate: 0.2, seed: 3 };
    const plain = (...operands: tf.Tensor[]): tf.Tensor => {
      const [a, b, c] = operands.flatMap((operand) => (operand.rank === 5 ? tf.unstack(operand, 2) : [operand]));
      return attention(a!, b!, c!, { ...options, layout: "blhd" });
    };
    const pairs: [(...operands: tf.Tensor[]) => tf.Tensor, tf.Tensor[]][] = [
      [(joint) => selfAttention(joint!, options), [qkv]],
      [(query, joint) => crossAttention(query!, joint!, options), [q, kv]],
    ];
    for (const [packed, operands] of pairs) {
      expect(await difference(packed(...operands), await plain(...operands).data())).toBeLessThan(1e-6);
      const [ours, expected] = [packed, plain].map((run) => tf.grads(run)(operands, dy)) as [tf.Tensor[], tf.Tensor[]];
      for (const [i, gradient] of ours.entries()) expect(await difference(gradient, await expected[i]!.data())).toBeLessThan(1e-6);
    }
  });

  it("says what is wrong with its arguments", () => {
    const x = tf.zeros([1, 2, 3, 4]);
    expect(() => attention(x, tf.zeros([1, 2, 3, 5]), x)).toThrow(/q and k the same size/);
    expect(() => attention(x, x, x, { mask: tf.zeros([2, 3]) })).toThrow(
      /broadcast to \[batch, heads, queries, keys\], here \[1, 2, 3, 3\]/,
    );
    expect(() => attention(x, x, x, { mask: tf.zeros([3], "int32") })).toThrow(/bool or float32/);
    expect(() => attention(x, x, x, { dropoutRate: 1 })).toThrow(/dropoutRate: 1\. It takes a number of at least 0 and below 1/);
    expect(() => attention(x, x, x, { layout: "lbhd" as "bhld" })).toThrow(/"bhld" or "blhd"/);
    expect(() => selfAttention(x)).toThrow(/\[batch, length, 3, heads, size\]/);
    expect(() => crossAttention(x, x)).toThrow(/\[batch, keys, 2, heads, size\]/);
    expect(() => tf.grad((mask) => attention(x, x, x, { mask }))(tf.zeros([3, 3]))).toThrow(/no gradient for its mask/);
  });
});

// Blocks of queries, panels of keys and vectors end inside these sizes; they grow and shrink in one process.
const shapes: Case["shape"][] = [
  [1, 2, 70, 130, 20, 12],
  [2, 1, 129, 65, 16, 32],
  [1, 1, 1, 33, 7, 1],
  [1, 2, 128, 96, 32, 32],
  [1, 2, 3, 1, 64, 48],
  [1, 2, 70, 130, 20, 12],
];

describe.skipIf(!hasNative)("the fused kernel", () => {
  it.each(shapes)("gives the numbers of plain operations, dropout's mask included: %j", async (...shape) => {
    const [batch, heads, queries, keys, size, sizeV] = shape;
    const arrays = [
      [batch, heads, queries, size],
      [batch, heads, keys, size],
      [batch, heads, keys, sizeV],
      [batch, heads, queries, sizeV],
    ].map((dims) => [normal(dims), dims] as const);
    const allowed = Uint8Array.from({ length: batch * queries * keys }, () => (random.uniform() < 0.8 ? 1 : 0));
    const added = normal([heads, 1, keys]);
    for (const [causal, mask, dropoutRate] of [
      [false, undefined, 0],
      [true, undefined, 0.3],
      [false, "bool", 0.3],
      [true, "float32", 0],
    ] as const) {
      const results: Float32Array[][] = [];
      for (const backend of ["native", "cpu"]) {
        await tf.setBackend(backend);
        const [q, k, v, dy] = arrays.map(([values, dims]) => tf.tensor(values, dims)) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const masks = {
          bool: () => tf.tensor(allowed, [batch, 1, queries, keys], "bool"),
          float32: () => tf.tensor(added, [heads, 1, keys]),
        };
        const options = { causal, dropoutRate, seed: 5, ...(mask && { mask: masks[mask]() }) };
        const run = (...operands: tf.Tensor[]): tf.Tensor => attention(operands[0]!, operands[1]!, operands[2]!, options);
        const { value, grads } = tf.valueAndGrads(run)([q, k, v], dy);
        results.push((await Promise.all([value, ...grads].map((tensor) => tensor.data()))) as Float32Array[]);
      }
      const [ours, expected] = results as [Float32Array[], Float32Array[]];
      for (const [i, values] of ours.entries()) expect(await difference(tf.tensor(values), expected[i]!)).toBeLessThan(3e-6);
    }
  });
});
