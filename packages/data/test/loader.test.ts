import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, parseState, stringifyState, type HostTensor, type Loader, type StateRecord } from "@snapfit/base";
import { arrays, DataLoader, loader, type LoaderOptions, type RandomAccess } from "@snapfit/data";

const numbered = (length: number) => arrays({ x: Int32Array.from({ length }, (_, i) => i) });
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The samples of one pass, batch by batch. */
async function pass(batches: AsyncIterable<{ readonly x: HostTensor<1, "int32"> }>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const { x } of batches) all.push([...x.data]);
  return all;
}

describe("loader", () => {
  it("yields all samples in order, the last batch shorter or left out", async () => {
    const all = loader(numbered(7), { batchSize: 3 });
    expect([all.length, all.numSamples]).toEqual([3, 7]);
    expect(await pass(all)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    const full = loader(numbered(7), { batchSize: 3, dropLast: true });
    expect([full.length, full.numSamples]).toEqual([2, 6]);
    expect(await pass(full)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(await pass(loader(numbered(0)))).toEqual([]);
    expect(loader(numbered(33)).length).toBe(2);
  });

  it("shuffles each pass in an order of its own, the same for the same seed", async () => {
    const passes = async (seed: number) => {
      const batches = loader(numbered(100), { batchSize: 10, shuffle: true, seed });
      return [await pass(batches), await pass(batches)];
    };
    const [first, second] = await passes(7);
    expect(first!.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(first).not.toEqual(second);
    expect(await passes(7)).toEqual([first, second]);
    expect((await passes(8))[0]).not.toEqual(first);
  });

  it("carries rank and dtype of batches in its type", async () => {
    const images = loader(arrays({ images: hostTensor(new Float32Array(12), [3, 2, 2, 1]), labels: new Int32Array(3) }), { batchSize: 2 });
    expectTypeOf(images).toExtend<Loader<{ readonly images: HostTensor<4, "float32">; readonly labels: HostTensor<1, "int32"> }>>();
    // @ts-expect-error: images have four dimensions
    const wrong: Loader<{ readonly images: HostTensor<2, "float32"> }> = images;
    expect(wrong).toBeInstanceOf(DataLoader);
    const own = loader({ length: 2, at: (index: number) => ({ x: index, name: "a" }) });
    expectTypeOf(own).toEqualTypeOf<DataLoader<{ readonly x: HostTensor<1, "float32">; readonly name: string[] }>>();
    const lists = loader({ length: 2, at: async (index: number) => index }, { collate: (samples) => samples.length });
    expectTypeOf(lists).toEqualTypeOf<DataLoader<number>>();
    const changed = loader({ length: 2, at: (index: number) => index }, { transform: (value) => Int32Array.of(value) });
    expectTypeOf(changed).toEqualTypeOf<DataLoader<HostTensor<2, "int32">>>();
    expect((await changed[Symbol.asyncIterator]().next()).value).toEqual(hostTensor(Int32Array.of(0, 1), [2, 1]));
  });

  it("yields fresh arrays", async () => {
    const buffers = new Set<ArrayBufferLike>();
    const set = numbered(6);
    for (const batches of [loader(set, { batchSize: 2 }), loader({ length: 6, at: set.at }, { batchSize: 2 })]) {
      for await (const { x } of batches) buffers.add(x.data.buffer);
    }
    expect(buffers.size).toBe(6);
    expect(buffers.has(set.columns.x.buffer)).toBe(false);
  });

  it("gives each sample the same random numbers in any batching", async () => {
    const noisy = async (options: LoaderOptions) => {
      const values = new Map<number, number>();
      const batches = loader(
        { length: 20, at: (index: number) => index },
        {
          ...options,
          transform: (x, { random, index, pass: n }) => {
            expect([x, n]).toEqual([index, 0]);
            return hostTensor(new Float32Array([index, random.uniform()]), [2]);
          },
        },
      );
      for await (const { data } of batches) for (let i = 0; i < data.length; i += 2) values.set(data[i]!, data[i + 1]!);
      return [...values].sort(([a], [b]) => a - b);
    };
    const reference = await noisy({ batchSize: 4, seed: 3 });
    expect(new Set(reference.map(([, value]) => value)).size).toBe(20);
    expect(await noisy({ batchSize: 7, seed: 3, shuffle: true })).toEqual(reference);
    expect(await noisy({ batchSize: 4, seed: 4 })).not.toEqual(reference);
  });
});

describe("setShard", () => {
  it("gives ranks the chunks of what one process would take", async () => {
    const ranks = [0, 1, 2].map((rank) => {
      const part = loader(numbered(16), { batchSize: 2 });
      part.setShard(rank, 3);
      return part;
    });
    expect(ranks.map((part) => part.length)).toEqual([3, 3, 3]);
    expect(await Promise.all(ranks.map(pass))).toEqual([
      [
        [0, 1],
        [6, 7],
        [12, 13],
      ],
      [[2, 3], [8, 9], [14]],
      [[4, 5], [10, 11], [15]],
    ]);
    const few = [0, 1, 2].map((rank) => {
      const part = loader(numbered(7), { batchSize: 2 });
      part.setShard(rank, 3);
      return part;
    });
    expect(few.map((part) => [part.length, part.numSamples])).toEqual([
      [2, 7],
      [1, 7],
      [1, 7],
    ]);
    expect(await Promise.all(few.map(pass))).toEqual([[[0, 1], [6]], [[2, 3]], [[4, 5]]]);
  });

  it("cuts any pass into the windows of the single process", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(40),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (numSamples, batchSize, size, dropLast) => {
          const options = { shuffle: true, seed: 1, dropLast };
          const single = loader(numbered(numSamples), { ...options, batchSize: batchSize * size });
          const ranks = Array.from({ length: size }, (_, rank) => {
            const part = loader(numbered(numSamples), { ...options, batchSize });
            part.setShard(rank, size);
            return part;
          });
          const whole = await pass(single);
          const parts = await Promise.all(ranks.map(pass));
          expect(whole.map((_, window) => parts.flatMap((batches) => batches[window] ?? []))).toEqual(whole);
          parts.forEach((batches, rank) => {
            expect(ranks[rank]!.length).toBe(batches.length);
            expect(ranks[rank]!.numSamples).toBe(whole.flat().length);
            expect(batches.every((batch) => batch.length > 0)).toBe(true);
          });
          const lastSizes = parts.map((batches) => batches[whole.length - 1]?.length ?? 0);
          expect(whole.length === 0 || Math.max(...lastSizes) - Math.min(...lastSizes) <= 1).toBe(true);
        },
      ),
      { seed: 1 },
    );
  });

  it("counts from the next pass on", async () => {
    const batches = loader(numbered(4), { batchSize: 1 });
    const running = batches[Symbol.asyncIterator]();
    await running.next();
    batches.setShard(1, 2);
    expect((await running.next()).value?.x.data[0]).toBe(1);
    expect(batches.length).toBe(2);
    expect(await pass(batches)).toEqual([[1], [3]]);
    for (const [rank, size] of [
      [2, 2],
      [-1, 2],
      [0, 0],
      [0.5, 2],
    ] as const)
      expect(() => batches.setShard(rank, size)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });
});

describe("saveState and loadState", () => {
  it("go on with the same batches, after any number of them, on any rank and prefetch", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          numSamples: fc.integer({ min: 1, max: 30 }),
          batchSize: fc.integer({ min: 1, max: 7 }),
          size: fc.integer({ min: 1, max: 3 }),
          dropLast: fc.boolean(),
          isAsync: fc.boolean(),
          prefetch: fc.nat(3),
          skipped: fc.nat(2),
          used: fc.nat(30),
        }),
        async ({ numSamples, batchSize, size, dropLast, isAsync, prefetch, skipped, used }) => {
          const set = numbered(numSamples);
          const make = () => {
            const source: RandomAccess<{ readonly x: HostTensor<0, "int32"> }> = {
              length: numSamples,
              at: (index) => (isAsync ? Promise.resolve(set.at(index)) : set.at(index)),
            };
            const batches = loader(source, { batchSize, shuffle: true, seed: 5, dropLast, prefetch });
            batches.setShard(size - 1, size);
            return batches;
          };
          const original = make();
          for (let i = 0; i < skipped; i++) await pass(original);
          const numUsed = Math.min(used, original.length);
          const iterator = original[Symbol.asyncIterator]();
          let numUsedSamples = 0;
          for (let i = 0; i < numUsed; i++) numUsedSamples += (await iterator.next()).value!.x.data.length;
          const state = numUsed === 0 ? undefined : (parseState(stringifyState(original.saveState(numUsedSamples))) as StateRecord);
          const rest: number[][] = [];
          for (let item = await iterator.next(); !item.done; item = await iterator.next()) rest.push([...item.value.x.data]);
          if (!state) return;
          const resumed = make();
          resumed.loadState(state);
          expect(await pass(resumed)).toEqual(rest);
          expect(await pass(resumed)).toEqual(await pass(original));
        },
      ),
      { seed: 2 },
    );
  });

  it("mean the pass that began last: counted from its beginning, before a resume too", async () => {
    const batches = loader(numbered(6), { batchSize: 2, shuffle: true });
    const reference = loader(numbered(6), { batchSize: 2, shuffle: true });
    const passes = [await pass(reference), await pass(reference)];
    expect(batches.saveState(0)).toEqual({
      samples: 6,
      batchSize: 2,
      shuffle: true,
      seed: 0,
      dropLast: false,
      ranks: 1,
      pass: 0,
      window: 0,
    });
    await batches[Symbol.asyncIterator]().next();
    expect(batches.saveState(0)).toMatchObject({ pass: 0, window: 0 });
    const state = batches.saveState(2);
    const resumed = loader(numbered(6), { batchSize: 2, shuffle: true });
    resumed.loadState(state);
    expect(resumed.saveState(0)).toEqual(state);
    expect(resumed.saveState(2)).toEqual(state);
    const iterator = resumed[Symbol.asyncIterator]();
    expect([...(await iterator.next()).value!.x.data]).toEqual(passes[0]![1]);
    expect(resumed.saveState(4)).toMatchObject({ pass: 0, window: 2 });
    expect(() => resumed.saveState(0)).toThrow("0 samples of pass 0 are not the end of a batch of 2 after window 1, where it was resumed.");
    expect(() => resumed.saveState(3)).toThrow(expect.objectContaining({ code: "LOADER_POSITION" }));
    expect(() => resumed.saveState(8)).toThrow(expect.objectContaining({ code: "LOADER_POSITION" }));
    await iterator.return!();
    expect(resumed.saveState(4)).toMatchObject({ pass: 0, window: 2 });
    expect(resumed.saveState(0)).toMatchObject({ pass: 1, window: 0 });
    expect(await pass(resumed)).toEqual(passes[1]);
  });

  it("yield nothing more from a pass that was used up, then the next", async () => {
    const batches = loader(numbered(3), { batchSize: 2 });
    await pass(batches);
    const resumed = loader(numbered(3), { batchSize: 2 });
    resumed.loadState(batches.saveState(3));
    expect(await pass(resumed)).toEqual([]);
    expect(resumed.saveState(0)).toMatchObject({ pass: 1, window: 0 });
  });

  it("fit all ranks, and another number of ranks between passes only", async () => {
    const first = loader(numbered(8), { batchSize: 2 });
    first.setShard(0, 2);
    await first[Symbol.asyncIterator]().next();
    const within = first.saveState(2);
    const second = loader(numbered(8), { batchSize: 2 });
    second.setShard(1, 2);
    second.loadState(within);
    expect(await pass(second)).toEqual([[6, 7]]);
    expect(() => loader(numbered(8), { batchSize: 2 }).loadState(within)).toThrow(
      "The state was taken within a pass of 2 ranks, but there are 1 now.",
    );
    second.loadState(within);
    expect(() => second.setShard(0, 3)).toThrow(expect.objectContaining({ code: "LOADER_CHANGED" }));
    loader(numbered(8), { batchSize: 2 }).loadState({ ...within, window: 0 });
  });

  it("name all that differs", () => {
    const state = loader(numbered(8), { batchSize: 2, seed: 1 }).saveState(0);
    expect(() => loader(numbered(9), { batchSize: 4, seed: 1, shuffle: true }).loadState(state)).toThrow(
      "The loader is not the one whose state was saved: samples was 8 and is 9, batchSize was 2 and is 4, shuffle was false and is true.",
    );
    const same = loader(numbered(8), { batchSize: 2, seed: 1 });
    for (const bad of [{}, { ...state, seed: 2 }, { ...state, dropLast: true }, { ...state, pass: -1 }, { ...state, window: null }])
      expect(() => same.loadState(bad)).toThrow(expect.objectContaining({ code: "LOADER_CHANGED" }));
  });
});

describe("iteration", () => {
  /** A set that answers after a while, and tells how many answers are under way. */
  function slowSet(length: number, ms = 4): RandomAccess<number> & { numAsked: number } {
    const set = {
      length,
      numAsked: 0,
      at: async (index: number) => {
        set.numAsked++;
        await wait(ms);
        return index;
      },
    };
    return set;
  }

  it("makes batches ahead while one is used", async () => {
    const set = slowSet(8);
    const iterator = loader(set, { batchSize: 2, prefetch: 2 })[Symbol.asyncIterator]();
    expect(set.numAsked).toBe(0);
    await iterator.next();
    expect(set.numAsked).toBe(6);
    await wait(12);
    const ready = iterator.next();
    expect(await Promise.race([ready, wait(0).then(() => "late")])).not.toBe("late");
    expect(set.numAsked).toBe(8);
    const none = slowSet(8);
    await loader(none, { batchSize: 2, prefetch: 0 })[Symbol.asyncIterator]().next();
    expect(none.numAsked).toBe(2);
  });

  it("makes as many batches ahead as fit into the memory that it may take", async () => {
    const bytes = 100;
    const ahead = async (prefetchBytes: number, prefetch = 5) => {
      let numAsked = 0;
      const set = { length: 20, at: async () => (numAsked++, new Uint8Array(bytes)) };
      const iterator = loader(set, { batchSize: 2, prefetch, prefetchBytes })[Symbol.asyncIterator]();
      await iterator.next();
      return numAsked / 2 - 1;
    };
    expect(await Promise.all([ahead(199), ahead(200), ahead(799), ahead(1e9), ahead(1e9, 1)])).toEqual([0, 1, 3, 5, 1]);
  });

  it("reads nothing ahead of a set that answers at once", async () => {
    let numAsked = 0;
    const iterator = loader({ length: 8, at: (index: number) => (numAsked++, index) }, { batchSize: 2, prefetch: 3 })[
      Symbol.asyncIterator
    ]();
    await iterator.next();
    expect(numAsked).toBe(2);
  });

  it("keeps order when batches are asked for all at once", async () => {
    const set = {
      length: 6,
      at: async (index: number) => {
        await wait(10 - index);
        return index;
      },
    };
    const iterator = loader(set, { batchSize: 2 })[Symbol.asyncIterator]();
    const items = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()]);
    expect(items.map(({ done, value }) => (done ? "done" : [...(value as HostTensor).data]))).toEqual([[0, 1], [2, 3], [4, 5], "done"]);
  });

  it("stops reading when it is left, and a pass left before its first batch does not count", async () => {
    const set = slowSet(20);
    const batches = loader(set, { batchSize: 2, prefetch: 1 });
    for await (const _ of batches) break;
    const { numAsked } = set;
    await wait(10);
    expect(set.numAsked).toBe(numAsked);
    expect(batches.saveState(0)).toMatchObject({ pass: 1, window: 0 });
    const iterator = batches[Symbol.asyncIterator]();
    await iterator.return!();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(batches.saveState(0)).toMatchObject({ pass: 1, window: 0 });
    const waiting = batches[Symbol.asyncIterator]();
    const first = waiting.next();
    await waiting.return!();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(batches.saveState(0)).toMatchObject({ pass: 2, window: 0 });
  });

  it("lets passes overlap", async () => {
    const batches = loader(numbered(4), { batchSize: 2 });
    const first = batches[Symbol.asyncIterator]();
    await first.next();
    expect(await pass(batches)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect([...(await first.next()).value!.x.data]).toEqual([2, 3]);
    expect(batches.saveState(0)).toMatchObject({ pass: 2 });
  });

  it.each([
    ["at once", false],
    ["later", true],
  ])("throws errors of the set that come %s, at the batch they belong to, and ends", async (_, isLate) => {
    const failure = new Error("unreadable image");
    const at = (index: number): number | Promise<number> => {
      if (index === 2 && !isLate) throw failure;
      return index === 2 ? wait(1).then(() => Promise.reject(failure)) : Promise.resolve(index);
    };
    const batches = loader({ length: 6, at }, { batchSize: 2, prefetch: 2 });
    const iterator = batches[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(hostTensor(Float32Array.of(0, 1), [2]));
    await wait(5);
    await expect(iterator.next()).rejects.toBe(failure);
    expect((await iterator.next()).done).toBe(true);
  });

  it("says which sample came out as undefined", async () => {
    const forgets = ({ index }: { readonly index: number }) => (index < 2 ? index : undefined);
    const batches = loader(numbered(4), { batchSize: 4, transform: (_, context) => forgets(context) });
    await expect(batches[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "COLLATE",
      message: expect.stringContaining("Sample 2 of the batch is undefined. The set's at() and the transform return the sample."),
    });
  });

  it("waits for transforms and collates that take time", async () => {
    const batches = loader(slowSet(3, 1), {
      batchSize: 2,
      transform: async (x: number) => x * 10,
      collate: async (samples) => samples.join(),
    });
    const all: string[] = [];
    for await (const batch of batches) all.push(batch);
    expect(all).toEqual(["0,10", "20"]);
  });
});

describe("options", () => {
  it("are checked when the loader is made", () => {
    const set = numbered(4);
    const cases: [object, string][] = [
      [{ batchSize: 0 }, "loader() got batchSize: 0. It takes a whole number of at least 1."],
      [{ prefetch: -1 }, "prefetch: -1"],
      [{ prefetchBytes: NaN }, "prefetchBytes: NaN"],
      [{ seed: NaN }, "seed: NaN"],
      [{ shuffle: 1 }, "shuffle: 1"],
      [{ dropLast: "no" }, 'dropLast: "no"'],
      [{ batchsize: 4 }, 'loader() has no option "batchsize". Did you mean "batchSize"?'],
      [{ workers: 4 }, "got workers: 4, but threads cannot make the samples of this set"],
      [{ worker: 4 }, 'Did you mean "workers"?'],
      [{ sampler: [1, 2] }, "got sampler: [1, 2]. It takes a sampler such as weightedSampler()."],
      [{ transform: { to: 1 } }, "got transform: { to: 1 }. It takes a function, or the URL of a module: "],
      [
        { transform: "./augment.js" },
        'got transform: "./augment.js". It takes a function, or the URL of a module: new URL("./augment.js", import.meta.url).',
      ],
      [{ onBadSample: "ignore" }, 'got onBadSample: "ignore". It takes "throw" or "skip".'],
    ];
    for (const [options, message] of cases) {
      expect(() => loader(set, options as LoaderOptions)).toThrow(message);
      expect(() => loader(set, options as LoaderOptions)).toThrow(
        expect.objectContaining({ code: message.includes("Did you mean") ? "OPTION_UNKNOWN" : "OPTION_INVALID" }),
      );
    }
    const mistyped = (): unknown =>
      loader(set, {
        // @ts-expect-error: the compiler speaks of the option, not of the set
        batch_size: 4,
      });
    expect(mistyped).toThrow('Did you mean "batchSize"?');
    expect(() => loader({ at: () => 1 } as never)).toThrow("loader() got no set.length.");
    expect(() => loader({ length: 4 } as never)).toThrow("loader() got set: { length: 4 }. It takes a set of samples, such as arrays()");
    expect(() => loader(Promise.resolve(set) as never)).toThrow("loader() got set: a Promise.");
  });
});
