import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { profileKernels } from "@snapfit/native";
import { difference, onBothBackends, random, randomNumbers, type Values } from "./on-both-backends.js";

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const ofFloats: Readonly<Record<string, Binary>> = {
  Add: tf.add,
  Sub: tf.sub,
  Multiply: tf.mul,
  RealDiv: tf.div,
  Maximum: tf.maximum,
  Minimum: tf.minimum,
  SquaredDifference: tf.squaredDifference,
  Prelu: tf.prelu,
  Pow: tf.pow,
  Mod: tf.mod,
  FloorDiv: tf.floorDiv,
  Atan2: tf.atan2,
  Equal: tf.equal,
  NotEqual: tf.notEqual,
  Greater: tf.greater,
  GreaterEqual: tf.greaterEqual,
  Less: tf.less,
  LessEqual: tf.lessEqual,
};
const onInts =
  (run: Binary): Binary =>
  (a, b) =>
    run(tf.cast(tf.mul(a, 7), "int32"), tf.cast(tf.mul(b, 7), "int32"));
const onBools =
  (run: Binary): Binary =>
  (a, b) =>
    run(tf.greater(a, 0), tf.greater(b, 0));
const ofOthers: Readonly<Record<string, Binary>> = {
  ...Object.fromEntries(
    [
      "Add",
      "Sub",
      "Multiply",
      "Maximum",
      "Minimum",
      "SquaredDifference",
      "Mod",
      "FloorDiv",
      "Equal",
      "NotEqual",
      "Greater",
      "LessEqual",
    ].map((name) => [`${name} of int32`, onInts(ofFloats[name]!)]),
  ),
  "Equal of bool": onBools(tf.equal),
  "NotEqual of bool": onBools(tf.notEqual),
  LogicalAnd: onBools(tf.logicalAnd),
  LogicalOr: onBools(tf.logicalOr),
};
const functions = { ...ofFloats, ...ofOthers };

/** Two shapes of rank 0 to 6 that fit: each may lack leading dims, and have 1 where the other has more. */
const shapes = fc
  .array(fc.tuple(fc.constantFrom(1, 2, 3, 5, 17), fc.constantFrom("both", "both", "left", "right")), { maxLength: 6 })
  .filter((dims) => dims.reduce((size, [dim]) => size * dim, 1) < 20_000)
  .chain((dims) =>
    fc.record({
      a: fc.constant(dims.map(([dim, side]) => (side === "right" ? 1 : dim))),
      b: fc.constant(dims.map(([dim, side]) => (side === "left" ? 1 : dim))),
      dropped: fc.nat({ max: dims.length }),
      isLeftDropped: fc.boolean(),
      seed: fc.nat(),
    }),
  )
  .map(({ a, b, dropped, isLeftDropped, seed }) => ({
    a: isLeftDropped ? a.slice(dropped) : a,
    b: isLeftDropped ? b : b.slice(dropped),
    seed,
  }));

const special = [0, -0, 1, -1, 0.5, 1.5, 2, -2, 3, 1e-40, 3e38, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

describe("functions of two tensors", () => {
  it.each(Object.keys(functions))("%s is as on cpu for any shapes that fit", async (name) => {
    await fc.assert(
      fc.asyncProperty(shapes, async ({ a, b, seed }) => {
        const { native, cpu } = await onBothBackends({ a: random(a, seed), b: random(b, seed + 1) }, (inputs) =>
          functions[name]!(inputs["a"]!, inputs["b"]!),
        );
        expect(difference(native[0]!, cpu[0]!)).toBeLessThan(3e-7);
        expect(native[0]!.values.constructor).toBe(cpu[0]!.values.constructor);
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  // Same, scalars, rows short and long, columns, blocks in the middle; in parallel and not.
  it.each([
    [[100_003], [100_003]],
    [[100_003], []],
    [[], [100_003]],
    [[1], [300, 401]],
    [[40_001, 3], [3]],
    [[3], [40_001, 3]],
    [[3333, 40], [40]],
    [
      [1, 40],
      [3333, 40],
    ],
    [
      [3333, 40],
      [3333, 1],
    ],
    [
      [3333, 1],
      [3333, 40],
    ],
    [
      [3333, 1],
      [1, 40],
    ],
    [
      [5, 7000, 3],
      [5, 1, 3],
    ],
    [
      [8, 1, 1, 31],
      [8, 20, 21, 31],
    ],
    [
      [20, 1, 30, 1, 2],
      [1, 40, 1, 5, 1],
    ],
    [[0, 3], [3]],
    [[0, 3], [1]],
    [
      [4, 0],
      [4, 1],
    ],
  ] as const)("subtracts and compares %j and %j", async (a, b) => {
    const { native, cpu } = await onBothBackends({ a: random(a, 1), b: random(b, 2) }, (inputs) => [
      tf.sub(inputs["a"]!, inputs["b"]!),
      tf.less(inputs["a"]!, inputs["b"]!),
      onInts(tf.sub)(inputs["a"]!, inputs["b"]!),
    ]);
    expect(native).toEqual(cpu);
  });

  it("treats NaN, infinities, zeros of both signs and huge numbers as JavaScript does", async () => {
    const a: Values = { shape: [special.length, 1], values: Float32Array.from(special) };
    for (const shape of [[1, special.length], [special.length]]) {
      const b: Values = { shape, values: Float32Array.from(special) };
      for (const [name, run] of Object.entries(ofFloats)) {
        const { native, cpu } = await onBothBackends({ a, b }, (inputs) => run(inputs["a"]!, inputs["b"]!));
        const wrong = cpu[0]!.values.findIndex((value, i) => {
          const actual = native[0]!.values[i]!;
          return !Object.is(actual, value) && !(Math.abs(actual - value) <= 2e-7 * Math.abs(value));
        });
        const [left, right] = [special[Math.floor(wrong / special.length)], special[wrong % special.length]];
        expect(wrong, `${name}(${left}, ${right}) = ${native[0]!.values[wrong]}, not ${cpu[0]!.values[wrong]}`).toBe(-1);
      }
    }
  });

  it("raises to the exponents of its own as to any other", async () => {
    const a: Values = {
      shape: [special.length + 1000],
      values: Float32Array.from([...special, ...random([1000], 3).values.map(Math.abs)]),
    };
    for (const exponent of [2, 1.5, 0.5, -1, 3, -2]) {
      const { native, cpu } = await onBothBackends({ a }, (inputs) => tf.pow(inputs["a"]!, exponent));
      for (const [i, value] of cpu[0]!.values.entries()) {
        const actual = native[0]!.values[i]!;
        expect(
          Object.is(actual, value) || Math.abs(actual - value) <= 2e-7 * Math.abs(value),
          `${a.values[i]} ** ${exponent} = ${actual}`,
        ).toBe(true);
      }
    }
  });

  it("wraps int32 around as an Int32Array does", async () => {
    await tf.setBackend("native");
    const [a, b] = [tf.tensor([2 ** 31 - 1, -(2 ** 31), 65_536], [3], "int32"), tf.tensor([1, -1, 65_536], [3], "int32")];
    expect([...(await tf.add(a, b).data())]).toEqual([-(2 ** 31), 2 ** 31 - 1, 131_072]);
    expect([...(await tf.mul(a, b).data())]).toEqual([2 ** 31 - 1, -(2 ** 31), 0]);
  });

  it("names shapes that do not fit", async () => {
    await tf.setBackend("native");
    expect(() => tf.add(tf.ones([2, 3]), tf.ones([4]))).toThrow("Operands could not be broadcast together with shapes 2,3 and 4");
  });

  it("runs in the addon", async () => {
    await tf.setBackend("native");
    const [a, b] = [tf.tensor(random([4, 3], 1).values, [4, 3]), tf.tensor(random([3], 2).values)];
    const uses = await profileKernels(() => {
      for (const run of Object.values(functions)) run(a, b).dataSync();
      tf.addN([a, a, a]).dataSync();
      tf.where(tf.greater(a, 0), a, b).dataSync();
    });
    expect(uses.filter(({ isFallback }) => isFallback)).toEqual([]);
  });
});

describe("the sum of many", () => {
  it("is as on cpu", async () => {
    for (const shape of [[5], [], [0], [101, 1003]]) {
      const inputs = { a: random(shape, 1), b: random(shape, 2), c: random(shape, 3) };
      const { native, cpu } = await onBothBackends(inputs, ({ a, b, c }) => [tf.addN([a!, b!, c!, a!]), tf.addN([b!])]);
      for (const [i, expected] of cpu.entries()) expect(difference(native[i]!, expected)).toBeLessThan(3e-7);
    }
  });
});

describe("select", () => {
  it("is as on cpu for conditions that are broadcast, of float32, int32 and bool", async () => {
    for (const [condition, t, e] of [
      [[7], [7], [7]],
      [[], [3], [3]],
      [[3, 1], [3, 4], [4]],
      [[400, 301], [400, 301], [1]],
      [[0, 2], [0, 2], [2]],
    ]) {
      const inputs = { condition: random(condition!, 1), t: random(t!, 2), e: random(e!, 3) };
      for (const dtype of ["float32", "int32", "bool"] as const) {
        const { native, cpu } = await onBothBackends(inputs, (given) =>
          tf.where(tf.greater(given["condition"]!, 0), tf.cast(tf.mul(given["t"]!, 9), dtype), tf.cast(tf.mul(given["e"]!, 9), dtype)),
        );
        expect(native).toEqual(cpu);
      }
    }
  });

  it("takes whole rows where the condition has one value for each", async () => {
    await tf.setBackend("native");
    const [condition, t, e] = [
      tf.tensor([1, 0, 1], [3], "bool"),
      tf.tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      tf.zeros([3, 2]),
    ];
    const selected = tf.engine().runKernel("Select", { condition, t, e }) as tf.Tensor;
    expect([...(await selected.data())]).toEqual([1, 2, 0, 0, 5, 6]);
  });
});

describe("cast", () => {
  it("converts values and storage between float32, int32 and bool", async () => {
    const next = randomNumbers(6);
    const numbers = [
      0,
      -0,
      0.5,
      -0.5,
      1.9,
      -1.9,
      2 ** 31,
      -(2 ** 31),
      2 ** 32 + 512,
      -3e9,
      1e20,
      -1e38,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
    ];
    for (const values of [Float32Array.from(numbers), Float32Array.from({ length: 120_003 }, () => next() * 1e6), new Float32Array(0)]) {
      for (const from of ["float32", "int32", "bool"] as const) {
        for (const to of ["float32", "int32", "bool"] as const) {
          const x = { shape: [values.length], values };
          const { native, cpu } = await onBothBackends({ x }, (inputs) => tf.cast(tf.cast(inputs["x"]!, from), to));
          expect([...native[0]!.values]).toEqual(
            [...cpu[0]!.values].map((value) => (Object.is(value, -0) && to !== "float32" ? 0 : value)),
          );
          const kind = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[to];
          expect(native[0]!.values).toBeInstanceOf(kind);
        }
      }
    }
  });
});
