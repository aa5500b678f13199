import { describe, expect, it } from "vitest";
import { SnapfitError, type HostTensor } from "@snapfit/base";
import { loader, type DecodedSet } from "@snapfit/data";
import { numberSet, type NumberSample } from "./decoders/number-set.js";

async function pass(batches: AsyncIterable<{ readonly x: HostTensor<1, "int32"> }>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const { x } of batches) all.push([...x.data]);
  return all;
}

describe.each([0, 2])('onBadSample: "skip" with %i workers', (workers) => {
  const make = (set: DecodedSet<NumberSample>, options: object = {}) =>
    loader(set, { batchSize: 3, workers, onBadSample: "skip", ...options });

  it("leaves bad samples out of their batches, counts each once and tells of the first ones", async () => {
    for (const isAsync of [false, true]) {
      const batches = make(numberSet(9, { bad: [1, 3, 4, 5, 8], isAsync }));
      expect(batches.badSamples).toEqual({ count: 0, first: [] });
      const expected = [
        [0, 2],
        [6, 7],
      ];
      expect(await pass(batches)).toEqual(expected);
      expect(await pass(batches)).toEqual(expected);
      const { count, first } = batches.badSamples;
      expect(count).toBe(5);
      expect(first.map(({ index }) => index)).toEqual([1, 3, 4, 5, 8]);
      expect(first[1]!.error).toMatchObject({ code: "SAMPLE_BAD", message: expect.stringContaining("3: this number is bad.") });
      expect(batches.length).toBe(3);
      for await (const _ of batches) break;
    }
    const many = make(numberSet(30, { bad: Array.from({ length: 20 }, (_, i) => i) }));
    await pass(many);
    expect(many.badSamples.count).toBe(20);
    expect(many.badSamples.first.length).toBe(10);
    for await (const _ of many) break;
  });

  it("tells of those in the batches that were handed out, not of those read ahead", async () => {
    const batches = make(numberSet(9, { bad: [1, 4], isAsync: true }), { prefetch: 2 });
    for await (const _ of batches) break;
    expect(batches.badSamples.first.map(({ index }) => index)).toEqual([1]);
  });

  it("leaves all other errors alone", async () => {
    const set = numberSet(3, { bad: [0] });
    const transform = (): never => {
      throw new TypeError("no such member");
    };
    await expect(pass(loader(set, { workers, onBadSample: "skip", transform }))).rejects.toThrow("no such member");
  });

  it("takes transforms for readers: they may find a sample bad too", async () => {
    const transform = ({ x }: NumberSample): { readonly x: HostTensor<0, "int32"> } => {
      if (x.data[0] === 2) throw new SnapfitError("SAMPLE_BAD", "Two is bad.");
      return { x };
    };
    const batches = loader(numberSet(4), { workers, onBadSample: "skip", transform, batchSize: 2 });
    expect(await pass(batches)).toEqual([[0, 1], [3]]);
    expect(batches.badSamples).toMatchObject({ count: 1, first: [{ index: 2, error: { message: "Two is bad." } }] });
    for await (const _ of batches) break;
  });
});

describe('onBadSample: "throw"', () => {
  it("ends the pass at the batch with the bad sample", async () => {
    const iterator = loader(numberSet(4, { bad: [2] }), { batchSize: 2 })[Symbol.asyncIterator]();
    await iterator.next();
    await expect(iterator.next()).rejects.toMatchObject({ code: "SAMPLE_BAD" });
    expect(() => loader(numberSet(1), { onBadSample: "ignore" as "skip" })).toThrow('It takes "throw" or "skip".');
  });
});
