import { expect, test } from "vitest";
import { seededBatches, seededClasses, seededValues, tinyLoader, type TinyLoaderOptions } from "../src/index.js";
import type { Loader } from "@snapfit/base";

const samples = seededClasses({ numSamples: 11 });
const loader = (options: TinyLoaderOptions = {}) => tinyLoader(samples, { batchSize: 3, shuffle: true, seed: 5, ...options });

async function pass(source: AsyncIterable<{ readonly x: { readonly data: Float32Array } }>): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const { x } of source) batches.push([...x.data].filter((_, i) => i % 4 === 0));
  return batches;
}

test("a pass yields each sample once, in another order each time", async () => {
  const source = loader();
  expect([source.length, source.numSamples]).toEqual([4, 11]);
  const [first, second] = [await pass(source), await pass(source)];
  const all = [...samples.x.data].filter((_, i) => i % 4 === 0).sort((a, b) => a - b);
  expect(first.map(({ length }) => length)).toEqual([3, 3, 3, 2]);
  expect(first.flat().sort((a, b) => a - b)).toEqual(all);
  expect(second.flat().sort((a, b) => a - b)).toEqual(all);
  expect(second).not.toEqual(first);
  expect(await pass(loader({ shuffle: false }))).toEqual(await pass(loader({ shuffle: false, seed: 6 })));
});

test.each([0, 3, 6, 9, 11])("saved after %i samples, the rest and the next pass have the same bits", async (used) => {
  const whole = loader();
  const [first, second] = [await pass(whole), await pass(whole)];
  const source = loader();
  const iterator = source[Symbol.asyncIterator]();
  await iterator.next();
  const state = source.saveState(used);
  await iterator.return?.();
  const resumed = loader();
  resumed.loadState(state);
  expect(await pass(resumed)).toEqual(first.slice(Math.ceil(used / 3)));
  expect(await pass(resumed)).toEqual(second);
});

test("with no pass running, 0 is the next pass", async () => {
  const source = loader();
  expect(source.saveState(0)).toMatchObject({ pass: 0, batch: 0 });
  await pass(source);
  expect(source.saveState(0)).toMatchObject({ pass: 1, batch: 0 });
  expect(source.saveState(11)).toMatchObject({ pass: 0, batch: 4 });
  expect(() => source.saveState(4)).toThrow("4 samples are not the end of a batch");
});

test("a state of another loader is refused by name", () => {
  const state = loader().saveState(0);
  expect(() => loader({ batchSize: 2 }).loadState(state)).toThrow("The loader is not the one of the state: batchSize 3, now 2.");
});

test("ranks share the samples of a step in order, and a rank that gets none of the last part has a batch less", async () => {
  const shard = async (rank: number, size: number, numSamples: number) => {
    const source: Loader<ReturnType<typeof seededClasses>> = tinyLoader(seededClasses({ numSamples }), { batchSize: 2 });
    source.setShard(rank, size);
    const batches = await pass(source);
    expect(source.length).toBe(batches.length);
    return batches;
  };
  const whole = (await pass(tinyLoader(seededClasses({ numSamples: 9 }), { batchSize: 4 }))).map((batch) => batch.join());
  const [a, b] = [await shard(0, 2, 9), await shard(1, 2, 9)];
  expect([a.length, b.length]).toEqual([3, 2]);
  expect(a.map((batch, i) => [...batch, ...(b[i] ?? [])].join())).toEqual(whole);
});

test("batches and values are the same for the same seed", () => {
  expect(seededBatches({ numSamples: 6 }).map(({ x, y }) => [x.shape, y.shape])).toEqual([
    [[4, 4], [4]],
    [[2, 4], [2]],
  ]);
  expect(seededBatches()).toEqual(seededBatches());
  expect(seededValues({ seed: 2 })).toEqual(seededValues({ seed: 2 }));
  expect(seededValues({ seed: 2 })).not.toEqual(seededValues({ seed: 3 }));
  expect(seededValues().y.shape).toEqual([22, 1]);
});
