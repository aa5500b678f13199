import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { parseState, SnapfitError, stringifyState, type HostTensor, type StateRecord } from "@snapfit/base";
import { stream, type StreamLoader, type StreamOptions } from "@snapfit/data";

async function* numbers(length: number): AsyncGenerator<number> {
  for (let i = 0; i < length; i++) yield i;
}

/** The samples of one pass, batch by batch. */
async function pass(batches: AsyncIterable<HostTensor<1, "float32">>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const { data } of batches) all.push([...data]);
  return all;
}

describe("stream", () => {
  it("batches what comes, from generators and lists, the last batch shorter or left out", async () => {
    expect(await pass(stream(() => numbers(5), { batchSize: 2 }))).toEqual([[0, 1], [2, 3], [4]]);
    expect(await pass(stream(() => [7, 8, 9], { batchSize: 2, dropLast: true }))).toEqual([[7, 8]]);
    expect(await pass(stream(() => numbers(0)))).toEqual([]);
    const passes: number[] = [];
    const batches = stream((n) => (passes.push(n), numbers(2)), { batchSize: 2, transform: async (x, { index }) => `${x} at ${index}` });
    expectTypeOf(batches).toEqualTypeOf<StreamLoader<string[]>>();
    for (let i = 0; i < 2; i++) for await (const batch of batches) expect(batch).toEqual(["0 at 0", "1 at 1"]);
    expect(passes).toEqual([0, 1]);
  });

  it("shuffles in a buffer by seed, in each pass anew", async () => {
    const passes = async (seed: number) => {
      const batches = stream(() => numbers(200), { batchSize: 200, shuffleBuffer: 50, seed });
      return [(await pass(batches))[0]!, (await pass(batches))[0]!];
    };
    const [first, second] = await passes(1);
    expect(first!.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    first!.forEach((value, place) => expect(value).toBeLessThanOrEqual(place + 50)); // not read yet
    expect(new Set(first!.slice(0, 50)).size).toBe(50);
    expect(first!.some((value, place) => value < place - 50)).toBe(true); // waits in the buffer
    expect(first).not.toEqual(second);
    expect(await passes(1)).toEqual([first, second]);
    expect(await passes(2)).not.toEqual([first, second]);
  });

  it("gives each rank each n-th sample", async () => {
    const ranks = [0, 1, 2].map((rank) => {
      const part = stream(() => numbers(8), { batchSize: 2 });
      part.setShard(rank, 3);
      return part;
    });
    expect(await Promise.all(ranks.map(pass))).toEqual([[[0, 3], [6]], [[1, 4], [7]], [[2, 5]]]);
  });

  it("goes on with the same batches after any number of them, in any way of reading", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          numSamples: fc.nat(30),
          batchSize: fc.integer({ min: 1, max: 7 }),
          shuffleBuffer: fc.nat(10),
          dropLast: fc.boolean(),
          size: fc.integer({ min: 1, max: 3 }),
          prefetch: fc.nat(3),
          prefetchBytes: fc.constantFrom(Infinity, 10),
          numBad: fc.nat(3),
          passes: fc.nat(2),
          used: fc.integer({ min: 1, max: 30 }),
        }),
        async ({ numSamples, size, numBad, passes, used, ...options }) => {
          const make = () => {
            const batches = stream(() => numbers(numSamples), {
              ...options,
              seed: 3,
              onBadSample: "skip",
              transform: (x, { random }) => {
                if (x % 4 < numBad) throw new SnapfitError("SAMPLE_BAD", "no");
                return x + random.uniform();
              },
            });
            batches.setShard(size - 1, size);
            return batches;
          };
          const original = make();
          for (let i = 0; i < passes; i++) await pass(original);
          const iterator = original[Symbol.asyncIterator]();
          let numUsed = 0;
          for (let i = 0; i < used; i++) numUsed += (await iterator.next()).value?.data.length ?? 0;
          if (numUsed === 0) return;
          const state = parseState(stringifyState(original.saveState(numUsed))) as StateRecord;
          const rest: number[][] = [];
          for (let item = await iterator.next(); !item.done; item = await iterator.next()) rest.push([...item.value.data]);
          const resumed = make();
          resumed.loadState(state);
          expect(resumed.saveState(numUsed)).toEqual(state);
          const again = resumed[Symbol.asyncIterator]();
          const first = await again.next();
          if (rest.length === 0) expect(first.done).toBe(true);
          else {
            expect([...first.value!.data]).toEqual(rest[0]);
            const after = resumed.saveState(numUsed + rest[0]!.length);
            expect(after).toEqual(original.saveState(numUsed + rest[0]!.length));
            for (const batch of rest.slice(1)) expect([...(await again.next()).value!.data]).toEqual(batch);
          }
          expect((await again.next()).done).toBe(true);
          expect(await pass(resumed)).toEqual(await pass(original));
        },
      ),
      { seed: 5, numRuns: 200 },
    );
  });

  it("names what a state differs in, and places that are none", async () => {
    const batches = stream(() => numbers(5), { batchSize: 2, shuffleBuffer: 4 });
    const state = batches.saveState(0);
    expect(() => stream(() => numbers(5), { batchSize: 2 }).loadState(state)).toThrow("shuffleBuffer was 4 and is 0");
    expect(() => batches.loadState(null as never)).toThrow("The state of the loader is null. Pass what saveState() returned.");
    expect(() => batches.saveState(1)).toThrow(expect.objectContaining({ code: "LOADER_POSITION" }));
    await pass(batches);
    expect(batches.saveState(5)).toMatchObject({ pass: 0, window: 3, missing: 1 });
    expect(batches.saveState(0)).toMatchObject({ pass: 1, window: 0 });
  });

  it("closes the source when it is left, fails or ends", async () => {
    let numClosed = 0;
    const source = async function* (n: number) {
      try {
        yield* [1, 2, 3];
        if (n === 2) throw new Error("broken line");
        yield 4;
      } finally {
        numClosed++;
      }
    };
    const batches = stream(source, { batchSize: 1, prefetch: 1 });
    for await (const _ of batches) break;
    expect(numClosed).toBe(1);
    await pass(batches);
    expect(numClosed).toBe(2);
    const iterator = batches[Symbol.asyncIterator]();
    for (let i = 0; i < 3; i++) await iterator.next();
    await expect(iterator.next()).rejects.toThrow("broken line");
    expect((await iterator.next()).done).toBe(true);
    expect(numClosed).toBe(3);
  });

  it("says what its source gave in place of samples", async () => {
    const source = async () => [1, 2];
    await expect(pass(stream(source as never))).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: "stream() got samples of its source: a Promise. It takes an iterable or an async iterable.",
    });
  });

  it("checks its options", () => {
    const cases: [object, string][] = [
      [{ batchSize: 0 }, "stream() got batchSize: 0."],
      [{ shuffleBuffer: 1.5 }, "shuffleBuffer: 1.5"],
      [{ shuffle: true }, 'stream() has no option "shuffle". Known: batchSize, '],
      [{ prefetchBytes: -1 }, "prefetchBytes: -1"],
    ];
    for (const [options, message] of cases) {
      expect(() => stream(() => numbers(1), options as StreamOptions<number, number, unknown>)).toThrow(message);
    }
    expect(() => stream(numbers(1) as never)).toThrow("It takes a function that makes the samples of a pass.");
  });
});
