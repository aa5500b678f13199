import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RandomStream, type HostTensor } from "@snapfit/base";
import {
  arrays,
  lengthSampler,
  loader,
  padded,
  stratifiedSampler,
  subset,
  subsetSampler,
  weightedSampler,
  type BatchOptions,
  type Sampler,
} from "@snapfit/data";

const numbered = (length: number) => arrays({ x: Int32Array.from({ length }, (_, i) => i) });
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** The samples of one pass, batch by batch. */
async function pass(batches: AsyncIterable<{ readonly x: HostTensor<1, "int32"> }>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const { x } of batches) all.push([...x.data]);
  return all;
}

/** How often each number is in a list. */
function counts(values: readonly number[], length: number): number[] {
  const result = Array.from({ length }, () => 0);
  for (const value of values) result[value]!++;
  return result;
}

describe("samplers", () => {
  const lengths = Int32Array.from({ length: 40 }, (_, i) => (i * 7) % 23);
  const cases: [string, () => Sampler][] = [
    ["weighted with replacement", () => weightedSampler(lengths)],
    ["weighted without replacement", () => weightedSampler(lengths, { replacement: false, numSamples: 20 })],
    ["by length", () => lengthSampler(lengths)],
    ["of a subset", () => subsetSampler(lengths)],
    ["stratified", () => stratifiedSampler(lengths)],
  ];

  it.each(cases)("%s: another order in each pass, the same for the same seed, cut into windows for ranks", async (_, make) => {
    const batchesOf = (options: BatchOptions = {}) => loader(numbered(40), { batchSize: 3, sampler: make(), seed: 5, ...options });
    const one = batchesOf();
    const passes = [await pass(one), await pass(one)];
    const two = batchesOf();
    expect([await pass(two), await pass(two)]).toEqual(passes);
    expect(passes[0]).not.toEqual(passes[1]);
    expect(await pass(batchesOf({ seed: 6 }))).not.toEqual(passes[0]);
    for (const dropLast of [false, true]) {
      const single = batchesOf({ batchSize: 6, dropLast });
      const whole = await pass(single);
      expect([single.length, single.numSamples]).toEqual([whole.length, whole.flat().length]);
      const ranks = await Promise.all(
        [0, 1].map(async (rank) => {
          const part = batchesOf({ dropLast });
          part.setShard(rank, 2);
          const batches = await pass(part);
          expect([part.length, part.numSamples]).toEqual([batches.length, whole.flat().length]);
          return batches;
        }),
      );
      const together = ranks[0]!.map((batch, step) => [...batch, ...(ranks[1]![step] ?? [])]);
      const bySize = whole.filter(({ length }) => length > 1).concat(whole.filter(({ length }) => length === 1));
      expect(together).toEqual(bySize);
    }
  });

  it("are part of the state: no other sampler takes it up", () => {
    const state = loader(numbered(4), { sampler: weightedSampler([1, 2, 3, 4]) }).saveState(0);
    expect(() => loader(numbered(4), { sampler: weightedSampler([1, 2, 3, 5]) }).loadState(state)).toThrow(
      /sampler was weighted 4 with replacement \w{8} and is weighted 4 with replacement \w{8}/,
    );
    expect(() => loader(numbered(4)).loadState(state)).toThrow(/sampler was weighted .* and is none/);
    expect(() => loader(numbered(4), { sampler: subsetSampler([1]) }).loadState(loader(numbered(4)).saveState(0))).toThrow(
      /sampler was none and is subset/,
    );
  });

  it("come in place of shuffle, and fit the set", () => {
    // @ts-expect-error: a sampler draws the order
    expect(() => loader(numbered(2), { sampler: subsetSampler([0]), shuffle: true })).toThrow(
      "loader() got both a sampler and shuffle: true.",
    );
    const wrong: [() => Sampler, string][] = [
      [() => weightedSampler([1, 2]), "weightedSampler() has 2 weights, but the set has 3 samples."],
      [() => lengthSampler([1]), "lengthSampler() has 1 lengths, but"],
      [() => stratifiedSampler([1]), "stratifiedSampler() has 1 labels, but"],
      [() => subsetSampler([1, 3]), "subsetSampler() got the index 3. The set has samples 0 to 2."],
      [() => subsetSampler([-1]), "got the index -1"],
      [() => weightedSampler([1, -1, 0]), "got the weight -1 for sample 1"],
      [() => weightedSampler([1, NaN, 0]), "got the weight NaN"],
      [() => weightedSampler([0, 0, 0]), "no weight above 0"],
      [() => weightedSampler([1e308, 1e308]), "weights whose sum is not finite"],
      [() => weightedSampler([1, 1, 0], { numSamples: 3, replacement: false }), "cannot draw 3 different samples: 2 have a weight above 0"],
      [() => lengthSampler([1, -2, 3]), "got the length -2 for sample 1"],
    ];
    for (const [make, message] of wrong) {
      expect(() => loader(numbered(3), { sampler: make() })).toThrow(message);
      expect(() => loader(numbered(3), { sampler: make() })).toThrow(expect.objectContaining({ code: "SAMPLER" }));
    }
    expect(() => weightedSampler([1, 1, 0], { numSamples: 0 })).toThrow("weightedSampler() got numSamples: 0.");
    expect(() => lengthSampler([1, 2, 3], { maxPadding: 1 })).toThrow("lengthSampler() got maxPadding: 1.");
    expect(() => lengthSampler([1, 2, 3], { padding: 0 } as never)).toThrow('lengthSampler() has no option "padding".');
  });

  it("can be one's own", async () => {
    const backwards: Sampler = {
      id: "backwards",
      checkSet: () => {},
      order: () => ({ indices: Uint32Array.of(4, 3, 2, 1, 0), windowEnds: Uint32Array.of(1, 3, 5) }),
    };
    const batches = loader(numbered(5), { sampler: backwards, batchSize: 2 });
    expect(await pass(batches)).toEqual([[4], [3, 2], [1, 0]]);
    expect(batches.length).toBe(3);
    batches.setShard(1, 2);
    expect(await pass(batches)).toEqual([[2], [0]]); // the window of one sample is last
  });
});

describe("weightedSampler", () => {
  it("draws in proportion to the weights, never a weight of 0", async () => {
    const weights = [0, 1, 2, 0, 5, 0];
    const batches = loader(numbered(6), { sampler: weightedSampler(weights, { numSamples: 8000 }), batchSize: 8000 });
    const [drawn] = await pass(batches);
    counts(drawn!, 6).forEach((count, i) => {
      const expected = weights[i]! * 1000;
      expect(Math.abs(count - expected)).toBeLessThanOrEqual(4 * Math.sqrt(expected)); // four standard deviations
    });
  });

  it("without replacement: each once, and the heavier the earlier, as by one draw after the other", async () => {
    const batches = loader(numbered(4), { sampler: weightedSampler([1, 2, 0, 3], { replacement: false }), batchSize: 3 });
    const orders = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const [order] = await pass(batches);
      orders.set(String(order), (orders.get(String(order)) ?? 0) + 1);
    }
    // w_a / sum * w_b / (sum - w_a), times 6000
    const expected = { "0,1,3": 400, "0,3,1": 600, "1,0,3": 500, "1,3,0": 1500, "3,0,1": 1000, "3,1,0": 2000 };
    expect(Object.keys(expected).length).toBe(orders.size);
    for (const [order, count] of Object.entries(expected)) expect(Math.abs(orders.get(order)! - count)).toBeLessThan(4 * Math.sqrt(count));
  });

  it("gives a sample that is drawn again other random numbers, the same in any batching", async () => {
    const drawn = async (batchSize: number) => {
      const set = { length: 2, at: (index: number) => index };
      const batches = loader(set, {
        sampler: weightedSampler([1, 1], { numSamples: 12 }),
        batchSize,
        transform: (_, { random }) => random.uniform(),
        collate: (values) => values,
      });
      const all: number[] = [];
      for await (const values of batches) all.push(...values);
      return all;
    };
    const values = await drawn(5);
    expect(new Set(values).size).toBe(12);
    expect(await drawn(3)).toEqual(values);
  });
});

describe("lengthSampler", () => {
  /** The fewest batches, counted from the shortest sample on. */
  function fewest(lengths: readonly number[], maxPadding: number, size: number): number {
    const rising = sorted(lengths);
    let count = 0;
    for (let start = 0, end = 0; start < rising.length; start = end, count++) {
      while (end < rising.length && end - start < size && rising[start]! >= rising[end]! * (1 - maxPadding)) end++;
    }
    return count;
  }

  it("pads no sample by more than allowed, takes each once, and makes the fewest batches in every pass, of the same sizes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(50), { minLength: 1, maxLength: 60 }),
        fc.constantFrom(0, 0.1, 0.5, 0.9),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 3 }),
        async (lengths, maxPadding, batchSize, size) => {
          const ranks = Array.from({ length: size }, (_, rank) => {
            const part = loader(numbered(lengths.length), { sampler: lengthSampler(lengths, { maxPadding }), batchSize });
            part.setShard(rank, size);
            return part;
          });
          const sizes: number[][] = [];
          for (let i = 0; i < 3; i++) {
            const parts = await Promise.all(ranks.map(pass));
            expect(sorted(parts.flat(2))).toEqual(Array.from(lengths.keys()));
            parts.forEach((batches, rank) => expect(ranks[rank]!.length).toBe(batches.length));
            const steps = parts[0]!.map((_, step) => parts.flatMap((batches) => batches[step] ?? []));
            for (const step of steps) {
              const own = step.map((index) => lengths[index]!);
              expect(Math.min(...own)).toBeGreaterThanOrEqual((1 - maxPadding) * Math.max(...own));
            }
            expect(steps.length).toBe(fewest(lengths, maxPadding, batchSize * size));
            sizes.push(sorted(steps.map(({ length }) => length)));
          }
          expect(sizes).toEqual([sizes[0], sizes[0], sizes[0]]);
        },
      ),
      { seed: 3 },
    );
  });

  it("draws other batches for each pass: any samples of about the same length come together, few of them again in the next pass", () => {
    const random = RandomStream.fromSeed(8);
    /** For each of so many passes the batch of each sample. */
    const batchesOf = (lengths: readonly number[], batchSize: number, numPasses: number): Uint32Array[] => {
      const sampler = lengthSampler(lengths);
      return Array.from({ length: numPasses }, (_, i) => {
        const { indices, windowEnds } = sampler.order(random.split(i), batchSize);
        const batches = new Uint32Array(lengths.length);
        windowEnds!.forEach((end, batch) =>
          indices.subarray(windowEnds![batch - 1] ?? 0, end).forEach((sample) => (batches[sample] = batch)),
        );
        return batches;
      });
    };
    const passes = batchesOf(
      Array.from({ length: 200 }, (_, i) => 50 + i),
      8,
      200,
    );
    for (let i = 1; i < 200; i++) expect(passes.some((batches) => batches[i] === batches[i - 1])).toBe(true);

    const lengths = Array.from({ length: 10_000 }, () => Math.max(1, Math.round(Math.exp(3.3 + 0.6 * random.normal()))));
    const [one, next] = batchesOf(lengths, 32, 2) as [Uint32Array, Uint32Array];
    expect(Math.max(...one) + 1).toBe(316);
    /** How many pairs of samples have the same key. */
    const numPairs = (keyOf: (sample: number) => number): number => {
      const numWith = new Map<number, number>();
      for (const sample of lengths.keys()) numWith.set(keyOf(sample), (numWith.get(keyOf(sample)) ?? 0) + 1);
      return [...numWith.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
    };
    const again = numPairs((sample) => one[sample]! * 1000 + next[sample]!) / numPairs((sample) => one[sample]!);
    expect(again).toBeLessThan(0.04);
  });

  it("goes on at any batch of any pass with the same bits", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 5, max: 20 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(2),
        fc.nat(),
        fc.boolean(),
        async (lengths, batchSize, passesBefore, stop, dropLast) => {
          const make = () => loader(numbered(lengths.length), { sampler: lengthSampler(lengths), batchSize, dropLast, seed: 3 });
          const whole = make();
          for (let i = 0; i < passesBefore; i++) expect((await pass(whole)).length).toBe(whole.length);
          const numSamples = whole.numSamples;
          const states = [whole.saveState(0)];
          const batches: number[][] = [];
          for await (const { x } of whole) {
            batches.push([...x.data]);
            states.push(whole.saveState(batches.flat().length));
          }
          expect(batches.flat().length).toBe(numSamples);
          const used = stop % (batches.length || 1);
          const resumed = make();
          resumed.loadState(states[used]!);
          expect(await pass(resumed)).toEqual(batches.slice(used));
          expect(await pass(resumed)).toEqual(await pass(whole));
        },
      ),
      { seed: 5 },
    );
  });

  it("shuffles batches and the samples in them", async () => {
    const lengths = Array.from({ length: 64 }, (_, i) => (i < 32 ? 10 : 100));
    const batches = loader(numbered(64), { sampler: lengthSampler(lengths), batchSize: 8 });
    const [first, second] = [await pass(batches), await pass(batches)];
    const kinds = (all: number[][]) => all.map((batch) => (batch[0]! < 32 ? "short" : "long")).join();
    expect(kinds(first)).not.toBe(kinds(second));
    expect(first.map((batch) => sorted(batch))).not.toEqual(expect.arrayContaining(second.map((batch) => sorted(batch))));
  });

  it("goes with padded()", async () => {
    const texts = [[1], [1, 2, 3], [4, 5], [6, 7, 8]].map((tokens) => ({ tokens: Int32Array.from(tokens) }));
    const sampler = lengthSampler(
      texts.map(({ tokens }) => tokens.length),
      { maxPadding: 0.4 },
    );
    const batches = loader({ length: 4, at: (index) => texts[index]! }, { sampler, batchSize: 4, collate: padded({ tokens: {} }) });
    const shapes: (readonly number[])[] = [];
    for await (const { tokens } of batches) shapes.push(tokens.values.shape);
    expect(shapes.toSorted(([a = 0], [b = 0]) => a - b)).toEqual([
      [1, 1],
      [3, 3],
    ]);
  });
});

describe("stratifiedSampler", () => {
  it("holds in every part of the order less than two samples more or less of a class than its share", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        const labels = sizes.flatMap((size, name) => Array.from({ length: size }, () => name));
        const total = labels.length;
        const [order] = await pass(loader(numbered(total), { sampler: stratifiedSampler(labels), batchSize: total }));
        expect(sorted(order!)).toEqual(Array.from(labels.keys()));
        for (let name = 0; name < sizes.length; name++) {
          let count = 0;
          order!.forEach((index, place) => {
            if (labels[index] === name) count++;
            expect(Math.abs(count - ((place + 1) * sizes[name]!) / total)).toBeLessThan(1);
          });
        }
      }),
      { seed: 4 },
    );
  });

  it("takes texts as classes, and shuffles within them", async () => {
    const labels = Array.from({ length: 60 }, (_, i) => (i % 6 === 0 ? "rare" : "often"));
    const batches = loader(numbered(60), { sampler: stratifiedSampler(labels), batchSize: 12 });
    const [first, second] = [await pass(batches), await pass(batches)];
    for (const batch of [...first, ...second]) expect(batch.filter((index) => index % 6 === 0).length).toBe(2);
    expect(first.map(sorted)).not.toEqual(second.map(sorted));
  });
});

describe("samplers", () => {
  it("say what they got in place of a value for each sample", () => {
    for (const make of [weightedSampler, stratifiedSampler, lengthSampler, subsetSampler] as ((values: never) => Sampler)[])
      for (const [values, shown] of [
        [undefined, / got no (weights|labels|lengths|indices)\. It takes a list or a typed array\./],
        [3, / got (weights|labels|lengths|indices): 3\./],
        [new Set([1]), /: a Set\./],
      ] as const)
        expect(() => make(values as never)).toThrow(
          expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringMatching(shown) as string }),
        );
    expect(() => subset(numbered(4), 2 as never)).toThrow("subset() got indices: 2. It takes a list or a typed array.");
  });
});
