import { describe, expect, it } from "vitest";
import { parseState, stringifyState, type HostTensor, type StateRecord } from "@snapfit/base";
import { stream, type StreamLoader, type StreamModuleOptions } from "@snapfit/data";

interface Line {
  readonly value: number;
  readonly place: number;
  readonly pass: number;
  readonly thread: number;
}
type LineBatch = Readonly<Record<keyof Line, HostTensor<1, "float32">>>;

const transform = new URL("decoders/line-transform.mjs", import.meta.url);

async function* numbered(length: number): AsyncGenerator<string> {
  for (let i = 0; i < length; i++) yield String(i);
}

function make(
  source: () => Iterable<string> | AsyncIterable<string>,
  options: Omit<StreamModuleOptions<Line, LineBatch>, "transform">,
): StreamLoader<LineBatch> {
  return stream<string, Line, LineBatch>(source, { ...options, transform });
}

/** What the threads made in one pass, batch by batch. */
async function pass(batches: AsyncIterable<LineBatch>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const { value, place } of batches) all.push([[...value.data], [...place.data]]);
  return all;
}

describe("streams with workers", () => {
  const options = { batchSize: 3, shuffleBuffer: 5, seed: 4 } as const;

  it("run the transform in threads: the same batches as without", async () => {
    const here = make(() => numbered(11), options);
    const passes = [await pass(here), await pass(here)];
    for (const workers of [1, 2]) {
      const there = make(() => numbered(11), { ...options, workers });
      expect([await pass(there), await pass(there)]).toEqual(passes);
      const threads = new Set<number>();
      for await (const { thread } of there) for (const id of thread.data) threads.add(id);
      expect(threads.size).toBe(workers);
      expect(threads).not.toContain(0);
      for await (const _ of there) break;
    }
  });

  it("go on with the same batches after any number of them, bad samples left out", async () => {
    const source = () => ["0", "1", "bad", "3", "4", "5", "bad", "bad", "8", "9"];
    const again = () => make(source, { ...options, batchSize: 2, onBadSample: "skip", workers: 2, prefetch: 3 });
    const original = again();
    const all = await pass(original);
    expect(original.badSamples).toMatchObject({ count: 3 });
    for (let numUsed = 1; numUsed <= all.length; numUsed++) {
      const left = again();
      const iterator = left[Symbol.asyncIterator]();
      let numSamples = 0;
      for (let i = 0; i < numUsed; i++) numSamples += (await iterator.next()).value!.value.data.length;
      const state = parseState(stringifyState(left.saveState(numSamples))) as StateRecord;
      await iterator.return!();
      const resumed = again();
      resumed.loadState(state);
      expect(await pass(resumed)).toEqual(all.slice(numUsed));
      for await (const _ of resumed) break;
    }
    for await (const _ of original) break;
  });

  it("name the sample at which a thread has died, and that a transform has refused", async () => {
    for (const [line, code, message] of [
      ["deadly", "LOADER_WORKER", "has died at sample 1, made of deadly (exit code 3)"],
      ["bad", "SAMPLE_BAD", "line 1 is bad. (Sample 1"],
    ] as const) {
      const batches = make(() => ["0", line], { batchSize: 2, workers: 1 });
      await expect(pass(batches)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
    }
  });

  it("close the source when they are left", async () => {
    let isClosed = false;
    const source = async function* () {
      try {
        for (let i = 0; ; i++) yield String(i);
      } finally {
        isClosed = true;
      }
    };
    for await (const _ of make(source, { batchSize: 2, workers: 2 })) break;
    expect(isClosed).toBe(true);
  });

  it("are for transforms that are modules", () => {
    const source = () => ["0"];
    // @ts-expect-error: threads cannot run a function of this thread
    expect(() => stream(source, { workers: 1, transform: (line: string) => line.length })).toThrow(
      "stream() got workers: 1, but no transform that threads can run.",
    );
    // @ts-expect-error: threads would have nothing to do
    expect(() => stream(source, { workers: 1 })).toThrow("Give the URL of a module");
    expect(() => make(source, { workers: 1.5 })).toThrow("stream() got workers: 1.5");
  });
});
