import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, type HostTensor } from "@snapfit/base";
import {
  arrays,
  cache,
  collate,
  concat,
  filterSet,
  kFold,
  loader,
  mapSet,
  padded,
  split,
  subset,
  type DataLoader,
  type PaddedArrays,
  type RandomAccess,
} from "@snapfit/data";

const floats = (...values: number[]) => Float32Array.from(values);
const numbers = (length: number): RandomAccess<number> => ({ length, at: (index) => index });

describe("arrays", () => {
  const images = hostTensor(floats(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), [3, 2, 2]);
  const set = arrays({
    images,
    labels: new Int32Array([5, 6, 7]),
    flags: hostTensor(new Uint8Array([1, 0, 1]), [3], "bool"),
    names: ["a", "b", "c"],
    bytes: new Uint8Array(3),
  });

  it("gives samples and batches with the ranks and dtypes of the columns", async () => {
    const sample = await set.at(1);
    expect(sample.images).toEqual(hostTensor(floats(4, 5, 6, 7), [2, 2]));
    expect(sample.labels).toEqual(hostTensor(new Int32Array([6]), []));
    expect(sample.names).toBe("b");
    expectTypeOf(sample.images).toEqualTypeOf<HostTensor<2, "float32">>();
    expectTypeOf(sample.labels).toEqualTypeOf<HostTensor<0, "int32">>();
    const batch = await set.gather(Uint32Array.of(2, 0));
    expect(batch.images).toEqual(hostTensor(floats(8, 9, 10, 11, 0, 1, 2, 3), [2, 2, 2]));
    expect(batch.labels).toEqual(hostTensor(new Int32Array([7, 5]), [2]));
    expect(batch.flags).toEqual(hostTensor(new Uint8Array([1, 1]), [2], "bool"));
    expect(batch.names).toEqual(["c", "a"]);
    expectTypeOf(batch.images).toEqualTypeOf<HostTensor<3, "float32">>();
    expectTypeOf(batch.labels).toEqualTypeOf<HostTensor<1, "int32">>();
    expectTypeOf(batch.bytes).toEqualTypeOf<HostTensor<1, "uint8">>();
    expectTypeOf(batch.names).toEqualTypeOf<string[]>();
  });

  it("copies samples and batches, keeps the columns", async () => {
    (await set.at(0)).images.data[0] = 99;
    (await set.gather(Uint32Array.of(0))).images.data[0] = 99;
    expect(images.data[0]).toBe(0);
    expect(set.columns.images).toBe(images);
  });

  it("gathers rows of any length", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 20 }), fc.array(fc.nat(4), { maxLength: 8 }), async (rowLength, indices) => {
        const rows = hostTensor(
          Float32Array.from({ length: 5 * rowLength }, (_, i) => i),
          [5, rowLength],
        );
        const batch = await arrays({ rows }).gather(Uint32Array.from(indices));
        expect([...batch.rows.data]).toEqual(
          indices.flatMap((index) => [...rows.data.subarray(index * rowLength, (index + 1) * rowLength)]),
        );
        expect(batch.rows.shape).toEqual([indices.length, rowLength]);
      }),
      { seed: 1 },
    );
  });

  it("names columns that do not fit", () => {
    for (const [columns, what] of [
      [undefined, "undefined"],
      [floats(1, 2), "a Float32Array"],
      [hostTensor(floats(1, 2), [2]), "a host tensor"],
      [Promise.resolve({}), "a Promise"],
      [[1, 2], "a list"],
    ])
      expect(() => arrays(columns as never)).toThrow(
        `arrays() got ${what as string} in place of columns by name. Pass { images, labels } or the like.`,
      );
    expect(() => arrays({ a: floats(1, 2), b: floats(1) })).toThrow('arrays() got 2 samples in "a", but 1 in "b".');
    expect(() => arrays({})).toThrow("got no columns");
    expect(() => arrays({ a: hostTensor(floats(1), []) })).toThrow('got a scalar as "a"');
    expect(() => arrays({ a: new Float64Array(1) as never })).toThrow('got a Float64Array as "a"');
    expect(() => arrays({ a: 3 as never })).toThrow("got a Number");
    for (const index of [-1, 3, 0.5]) expect(() => set.at(index)).toThrow(expect.objectContaining({ code: "DATA_SET" }));
  });
});

describe("collate", () => {
  it("stacks arrays, takes records field by field, lists the rest", () => {
    const batch = collate([
      {
        image: hostTensor(floats(1, 2), [1, 2]),
        label: 3,
        isGood: true,
        name: "a",
        tokens: Int32Array.of(1, 2),
        meta: { row: floats(1) },
        pair: [1, 2],
      },
      {
        image: hostTensor(floats(3, 4), [1, 2]),
        label: 4,
        isGood: false,
        name: "b",
        tokens: Int32Array.of(3, 4),
        meta: { row: floats(2) },
        pair: [3, 4],
      },
    ]);
    expect(batch).toEqual({
      image: hostTensor(floats(1, 2, 3, 4), [2, 1, 2]),
      label: hostTensor(floats(3, 4), [2]),
      isGood: hostTensor(Uint8Array.of(1, 0), [2], "bool"),
      name: ["a", "b"],
      tokens: hostTensor(Int32Array.of(1, 2, 3, 4), [2, 2]),
      meta: { row: hostTensor(floats(1, 2), [2, 1]) },
      pair: [
        [1, 2],
        [3, 4],
      ],
    });
    expectTypeOf(batch.image).toEqualTypeOf<HostTensor<3, "float32">>();
    expectTypeOf(batch.label).toEqualTypeOf<HostTensor<1, "float32">>();
    expectTypeOf(batch.isGood).toEqualTypeOf<HostTensor<1, "bool">>();
    expectTypeOf(batch.tokens).toEqualTypeOf<HostTensor<2, "int32">>();
    expectTypeOf(batch.meta.row).toEqualTypeOf<HostTensor<2, "float32">>();
    expectTypeOf(batch.name).toEqualTypeOf<string[]>();
    expect(collate([Uint8Array.of(1)])).toEqual(hostTensor(Uint8Array.of(1), [1, 1]));
    expect(collate([null, "a"])).toEqual([null, "a"]);
  });

  it("names the field and sample that differ", () => {
    const cases: [unknown[], string][] = [
      [[{ x: floats(1) }, { x: floats(1, 2) }], '"x" of sample 1 of the batch is float32 [2], but sample 0 is float32 [1]'],
      [[{ x: { y: floats(1) } }, { x: { y: Int32Array.of(1) } }], '"x.y" of sample 1 of the batch is int32 [1]'],
      [[{ a: 1 }, { b: 1 }], "sample 1 of the batch has other fields"],
      [[1, "2"], "sample 1 of the batch is no number"],
      [[true, 1], "is no boolean"],
      [[floats(1), 3], "is no array"],
      [[null, undefined], "Sample 1 of the batch is undefined."],
      [[], "got no samples"],
    ];
    for (const [samples, message] of cases) {
      expect(() => collate(samples)).toThrow(message);
      expect(() => collate(samples)).toThrow(expect.objectContaining({ code: "COLLATE" }));
    }
  });
});

describe("subset and split", () => {
  it("give parts that share no sample and keep the set's way of making batches", async () => {
    const set = arrays({ x: Int32Array.from({ length: 100 }, (_, i) => i) });
    const [train, validation, test] = split(set, [0.7, 0.2, 0.1], { seed: 7 });
    expect([train.length, validation.length, test.length]).toEqual([70, 20, 10]);
    const seen: number[] = [];
    for (const part of [train, validation, test]) {
      for await (const batch of loader(part, { batchSize: 8 })) seen.push(...batch.x.data);
      expectTypeOf(await part.gather(Uint32Array.of(0))).toEqualTypeOf<{ readonly x: HostTensor<1, "int32"> }>();
    }
    expect(seen.slice(0, 70)).toEqual(seen.slice(0, 70).sort((a, b) => a - b));
    expect(seen.sort((a, b) => a - b)).toEqual([...set.columns.x]);
  });

  it("repeat with the seed and differ with it", async () => {
    const parts = (seed: number) => {
      const [part] = split(numbers(50), [0.5], { seed });
      return Array.from({ length: part.length }, (_, i) => part.at(i));
    };
    expect(parts(1)).toEqual(parts(1));
    expect(parts(1)).not.toEqual(parts(2));
  });

  it("lose no sample to rounding, whatever the fractions", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 60, max: 200 }),
        (weights, length) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const parts = split(
            numbers(length),
            weights.map((weight) => weight / total),
          );
          expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(length);
          parts.forEach((part, i) => expect(Math.abs(part.length - (weights[i]! / total) * length)).toBeLessThan(1 + 1e-6));
        },
      ),
      { seed: 1 },
    );
  });

  it("refuse fractions and indices that make no sense", () => {
    for (const fractions of [[], [0], [-0.1, 0.5], [0.6, 0.6], [NaN], [0.001]])
      expect(() => split(numbers(10), fractions)).toThrow(expect.objectContaining({ code: "SPLIT_FRACTIONS" }));
    expect(() => split(numbers(10), 0.8 as never)).toThrow("split() got the fractions 0.8. They are above 0");
    expect(() => split(numbers(10), ["0.5", 0.5] as never)).toThrow('split() got the fractions ["0.5", 0.5].');
    expect(() => subset(numbers(3), [3])).toThrow("subset() got the index 3.");
    expect(() => subset(numbers(3), [-1])).toThrow(expect.objectContaining({ code: "DATA_SET" }));
    expect(() => subset(numbers(3), [0]).at(1)).toThrow("Sample 1 does not exist");
    expect(subset(numbers(3), [2, 2]).at(1)).toBe(2);
  });
});

describe("what is no set", () => {
  it("is refused where it comes from, such as a promise of one", async () => {
    const late = Promise.resolve(numbers(3)) as never;
    const cases: [string, () => unknown][] = [
      ["split()", () => split(late, [0.5, 0.5])],
      ["subset()", () => subset(late, [0])],
      ["kFold()", () => kFold(late, { folds: 2 })],
      ["concat()", () => concat(numbers(3), late)],
      ["mapSet()", () => mapSet(late, (x) => x)],
      ["cache()", () => cache(late)],
    ];
    const refused = (name: string): unknown =>
      expect.objectContaining({
        code: "OPTION_INVALID",
        message: `${name} got set: a Promise. It takes a set of samples, such as arrays(), or an object with length and at(index).`,
      });
    for (const [name, make] of cases) expect(make).toThrow(refused(name));
    await expect(filterSet(late, () => true)).rejects.toThrow(refused("filterSet()"));
    expect(() => concat([numbers(3), numbers(2)])).toThrow("concat() got a list of sets. It takes them one by one: concat(...sets).");
    expect(() => mapSet(numbers(3), undefined as never)).toThrow("mapSet() got no change. It takes a function.");
  });
});

describe("concat, mapSet and filterSet", () => {
  it("join sets", () => {
    const all = concat(numbers(2), numbers(0), numbers(3));
    expect(Array.from({ length: all.length }, (_, index) => all.at(index))).toEqual([0, 1, 0, 1, 2]);
    for (const index of [-1, 5, 0.5]) expect(() => all.at(index)).toThrow(expect.objectContaining({ code: "DATA_SET" }));
    expect(() => concat()).toThrow("concat() got no sets.");
    expectTypeOf(all).toEqualTypeOf<RandomAccess<number>>();
  });

  it("change samples when they are asked for", async () => {
    const texts = mapSet(numbers(3), (value, index) => `${value} of ${index}`);
    expect([texts.length, texts.at(2)]).toEqual([3, "2 of 2"]);
    const late = mapSet({ length: 1, at: async () => 4 }, (value) => value / 2);
    expect(await late.at(0)).toBe(2);
    expectTypeOf(late).toEqualTypeOf<RandomAccess<number>>();
  });

  it("keep what a condition holds for, in order, and the way of making batches", async () => {
    const set = arrays({ x: Int32Array.of(5, 6, 7, 8) });
    const even = await filterSet(set, ({ x }) => x.data[0]! % 2 === 0);
    expect(await even.gather(Uint32Array.of(1, 0))).toEqual({ x: hostTensor(Int32Array.of(8, 6), [2]) });
    const asked = await filterSet(set, async ({ x }) => x.data[0]! % 2 === 0);
    expect(asked.length).toBe(even.length);
    const late = await filterSet({ length: 4, at: async (index: number) => index }, (_, index) => index > 1);
    expect([late.length, await late.at(0)]).toEqual([2, 2]);
  });
});

describe("cache", () => {
  const counted = (length: number, isAsync: boolean) => {
    const reads: number[] = [];
    const at = (index: number) => {
      reads.push(index);
      const sample = { x: hostTensor(floats(index, index), [2]), name: "n" };
      return isAsync ? Promise.resolve(sample) : sample;
    };
    return { length, at, reads };
  };

  it.each([false, true])("makes each sample once and gives copies (promises: %s)", async (isAsync) => {
    const source = counted(3, isAsync);
    const set = cache(source);
    for (let i = 0; i < 3; i++) {
      const { x, name } = await set.at(1);
      expect([[...x.data], name]).toEqual([[1, 1], "n"]);
      x.data[0] = 99;
    }
    await Promise.all([set.at(2), set.at(2)]);
    expect(source.reads).toEqual([1, 2]);
    expect(set.length).toBe(3);
  });

  it("keeps what fits, and what came first", async () => {
    const source = counted(4, false);
    const set = cache(source, { sizeBytes: 25 }); // a sample has 8 bytes of floats and 2 of text
    for (let pass = 0; pass < 2; pass++) for (let index = 0; index < 4; index++) await set.at(index);
    expect(source.reads).toEqual([0, 1, 2, 3, 2, 3]);
  });

  it("forgets a sample that failed", async () => {
    let numAsked = 0;
    const set = cache({ length: 1, at: async () => (numAsked++ === 0 ? Promise.reject(new Error("offline")) : 7) });
    await expect(set.at(0)).rejects.toThrow("offline");
    expect(await set.at(0)).toBe(7);
    expect(await set.at(0)).toBe(7);
    expect(numAsked).toBe(2);
  });
});

describe("kFold", () => {
  const values = (set: RandomAccess<number>) => Array.from({ length: set.length }, (_, index) => set.at(index) as number);

  it("validates on each sample once, and trains on the others", () => {
    const folds = kFold(numbers(10), { folds: 3, seed: 2 });
    expect(folds.map(({ train, validation }) => [train.length, validation.length])).toEqual([
      [6, 4],
      [7, 3],
      [7, 3],
    ]);
    expect(folds.flatMap(({ validation }) => values(validation)).toSorted((a, b) => a - b)).toEqual(values(numbers(10)));
    for (const { train, validation } of folds) {
      expect([...values(train), ...values(validation)].toSorted((a, b) => a - b)).toEqual(values(numbers(10)));
    }
    const again = kFold(numbers(10), { folds: 3, seed: 2 });
    expect(again.map(({ validation }) => values(validation))).toEqual(folds.map(({ validation }) => values(validation)));
    expect(kFold(numbers(10), { folds: 3, seed: 3 }).map(({ validation }) => values(validation))).not.toEqual(
      folds.map(({ validation }) => values(validation)),
    );
  });

  it("gives every fold the same number of each class, give or take one", async () => {
    const labels = Array.from({ length: 53 }, (_, i) => (i % 7 === 0 ? "rare" : i % 2 === 0 ? "even" : "odd"));
    const set = arrays({ labels });
    for (const seed of [0, 1, 2]) {
      const folds = kFold(set, { folds: 5, seed, stratifyBy: labels });
      const parts: { readonly labels: readonly string[] }[] = [];
      for (const { validation } of folds) parts.push(await validation.gather(Uint32Array.from({ length: validation.length }, (_, i) => i)));
      for (const name of ["rare", "even", "odd"]) {
        const counts = parts.map((part) => part.labels.filter((label) => label === name).length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
      const sizes = parts.map((part) => part.labels.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  it("refuses folds that cannot be", () => {
    for (const folds of [1, 2.5])
      expect(() => kFold(numbers(3), { folds })).toThrow(`kFold() got folds: ${folds}. It takes a whole number`);
    expect(() => kFold(numbers(3), { folds: 4 })).toThrow(expect.objectContaining({ code: "FOLDS" }));
    expect(() => kFold(numbers(3), { folds: 2, stratify: [0, 1, 1] } as never)).toThrow('Did you mean "stratifyBy"?');
    expect(() => kFold(numbers(3), { folds: 2, stratifyBy: [1] })).toThrow(
      "kFold() got 1 classes in stratifyBy, but the set has 3 samples.",
    );
  });
});

describe("padded", () => {
  it("pads the fields it is told of, each with its own value, and says how long they were", () => {
    const samples = [
      {
        tokens: Int32Array.of(5, 6, 7),
        rows: hostTensor(floats(1, 2), [1, 2]),
        flags: hostTensor(Uint8Array.of(1), [1], "bool"),
        label: 1,
      },
      { tokens: Int32Array.of(8), rows: hostTensor(floats(3, 4, 5, 6), [2, 2]), flags: hostTensor(Uint8Array.of(), [0], "bool"), label: 0 },
    ];
    const batch = padded({ tokens: { multipleOf: 4, value: -1 }, rows: {}, flags: { value: 1 } })(samples);
    expect(batch).toEqual({
      tokens: {
        values: hostTensor(Int32Array.of(5, 6, 7, -1, 8, -1, -1, -1), [2, 4]),
        lengths: hostTensor(Int32Array.of(3, 1), [2]),
        mask: hostTensor(Uint8Array.of(1, 1, 1, 0, 1, 0, 0, 0), [2, 4], "bool"),
      },
      rows: {
        values: hostTensor(floats(1, 2, 0, 0, 3, 4, 5, 6), [2, 2, 2]),
        lengths: hostTensor(Int32Array.of(1, 2), [2]),
        mask: hostTensor(Uint8Array.of(1, 0, 1, 1), [2, 2], "bool"),
      },
      flags: {
        values: hostTensor(Uint8Array.of(1, 1), [2, 1], "bool"),
        lengths: hostTensor(Int32Array.of(1, 0), [2]),
        mask: hostTensor(Uint8Array.of(1, 0), [2, 1], "bool"),
      },
      label: hostTensor(floats(1, 0), [2]),
    });
  });

  it("keeps types through a loader", () => {
    const set = { length: 2, at: (index: number) => ({ tokens: Int32Array.of(index), label: index }) };
    expectTypeOf(loader(set, { collate: padded({ tokens: {} }) })).toEqualTypeOf<
      DataLoader<{ readonly tokens: PaddedArrays<HostTensor<2, "int32">>; readonly label: HostTensor<1, "float32"> }>
    >();
    // @ts-expect-error: there is no such field
    loader(set, { collate: padded({ words: {} }) });
  });

  it("names the field and sample that differ", () => {
    const pad = padded({ x: {} });
    const cases: [{ x: unknown }[], string][] = [
      [[{ x: floats(1) }, { x: Int32Array.of(1) }], '"x" of sample 1 of the batch is int32 [1], but sample 0 is float32 [1]'],
      [[{ x: hostTensor(floats(1), [1, 1]) }, { x: hostTensor(floats(1, 2), [1, 2]) }], "is float32 [1, 2]"],
      [[{ x: 4 }], "sample 0 of the batch is no array"],
    ];
    for (const [samples, message] of cases) {
      expect(() => pad(samples)).toThrow(message);
      expect(() => pad(samples)).toThrow(expect.objectContaining({ code: "COLLATE" }));
    }
    for (const [x, value, what] of [
      [Uint8Array.of(1), -100, "-100 for uint8 arrays"],
      [Int32Array.of(1), 0.5, "0.5 for int32 arrays"],
      [hostTensor(Uint8Array.of(1), [1], "bool"), 2, "2 for bool arrays"],
    ] as const)
      expect(() => padded({ x: { value } })([{ x }])).toThrow(
        expect.objectContaining({ code: "OPTION_INVALID", message: `padded() got x.value: ${what}. It takes a value that they can hold.` }),
      );
    expect(() => padded({ x: { multipleOf: 0 } })).toThrow("padded() got x.multipleOf: 0. It takes a whole number of at least 1.");
  });
});
