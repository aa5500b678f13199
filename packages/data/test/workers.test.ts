import { describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, type HostTensor } from "@snapfit/base";
import { arrays, concat, loader, split, subset, type DataLoader, type DecodedSet } from "@snapfit/data";
import { noisyTransform, numberSet, type NumberSample } from "./decoders/number-set.js";

/** All batches of one pass. */
async function pass<Batch>(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

const numbersOf = (batches: readonly { readonly x: HostTensor }[]) => batches.map(({ x }) => [...x.data]);

describe("workers", () => {
  it("make the samples in threads: the same batches as without", async () => {
    for (const isAsync of [false, true]) {
      const set = numberSet(10, { isAsync });
      const options = { batchSize: 3, shuffle: true, seed: 4 } as const;
      const threads = loader(set, { ...options, workers: 2 });
      const here = loader(set, options);
      for (let i = 0; i < 2; i++) {
        const made = await pass(threads);
        expect(numbersOf(made)).toEqual(numbersOf(await pass(here)));
        const ids = new Set(made.flatMap(({ thread }) => [...thread.data]));
        expect(ids.size).toBe(2);
        expect(ids.has(0)).toBe(false);
      }
      for await (const _ of threads) break;
    }
  });

  it("keep their threads from pass to pass, and end them when a pass is left", async () => {
    const batches = loader(numberSet(8), { batchSize: 1, workers: 2 });
    const threads = async () => new Set((await pass(batches)).map(({ thread }) => thread.data[0]));
    const first = await threads();
    expect(await threads()).toEqual(first);
    for await (const { thread } of batches) {
      expect(first).toContain(thread.data[0]);
      break;
    }
    const next = await threads();
    expect(next.size).toBe(2);
    for (const id of next) expect(first).not.toContain(id);
    const waiting = batches[Symbol.asyncIterator]();
    const never = waiting.next();
    await waiting.return!();
    expect(await never).toEqual({ done: true, value: undefined });
  });

  it("serve passes that overlap, and one that goes on when another is left", async () => {
    const batches = loader(numberSet(6), { batchSize: 2, workers: 1 });
    const first = batches[Symbol.asyncIterator]();
    expect([...(await first.next()).value!.x.data]).toEqual([0, 1]);
    for await (const { x } of batches) {
      expect([...x.data]).toEqual([0, 1]);
      break;
    }
    expect([...(await first.next()).value!.x.data]).toEqual([2, 3]);
    await first.return!();
  });

  it("run a transform that is a module, and leave a function to this thread, with the same random numbers", async () => {
    const set = numberSet(9);
    const options = { batchSize: 4, shuffle: true, seed: 4 } as const;
    interface Noisy extends Pick<NumberSample, "x"> {
      readonly noise: number;
      readonly index: number;
      readonly pass: number;
    }
    const { default: transform } = (await import(noisyTransform.href)) as {
      default: (sample: NumberSample, context: unknown) => Noisy;
    };
    const reference = loader(set, { ...options, transform });
    const passes = [await pass(reference), await pass(reference)];
    for (const workers of [0, 1, 2]) {
      for (const change of [transform, noisyTransform, noisyTransform.href]) {
        const batches = loader<NumberSample, Noisy>(set, { ...options, workers, transform: change });
        expect([await pass(batches), await pass(batches)]).toEqual(passes);
        for await (const _ of batches) break;
      }
    }
  });

  it("make batches for a collate of one's own, of sets joined, parted and chosen from", async () => {
    const set = concat(subset(numberSet(10), [7, 8, 9]), numberSet(3, { isAsync: true }));
    const [part] = split(set, [0.999]);
    const batches = loader(part, {
      batchSize: 4,
      workers: 1,
      collate: (samples) => samples.map(({ x, thread }) => [x.data[0], thread > 0]),
    });
    expectTypeOf(batches).toEqualTypeOf<DataLoader<(number | boolean | undefined)[][]>>();
    const all = (await pass(batches)).flat();
    expect(all).toEqual([7, 8, 9, 0, 1, 2].map((value) => [value, true]));
    expect(await Promise.all([0, 2, 3, 5].map(async (index) => (await set.at(index)).x.data[0]))).toEqual([7, 9, 0, 2]);
    for await (const _ of batches) break;
  });

  it("send arrays of any kind there and back, parts of larger ones too, and take nothing away from this thread", async () => {
    const large = Float32Array.from({ length: 1000 }, (_, i) => i);
    const inputs = [{ part: large.subarray(10, 13), bytes: new Uint8Array([1, 2, 3]).subarray(1), wide: Float64Array.of(0.1) }];
    const set: DecodedSet<(typeof inputs)[0]> = {
      length: 1,
      at: (index) => inputs[index]!,
      input: (index) => inputs[index]!,
      decoder: { module: "data:text/javascript,export default () => (input) => input", options: undefined },
    };
    const batches = loader(set, { workers: 1, collate: ([sample]) => sample! });
    const [sample] = await pass(batches);
    expect(sample).toEqual({ part: Float32Array.of(10, 11, 12), bytes: Uint8Array.of(2, 3), wide: Float64Array.of(0.1) });
    expect(large[999]).toBe(999);
    const [collated] = await pass(loader(set, { workers: 1 }));
    expect(collated!.part).toEqual(hostTensor(Float32Array.of(10, 11, 12), [1, 3]));
    expect(collated!.wide).toEqual([Float64Array.of(0.1)]);
  });

  it("are for sets whose samples threads can make", () => {
    const set = arrays({ x: new Float32Array(4) });
    // @ts-expect-error: arrays are in memory
    expect(() => loader(set, { workers: 1 })).toThrow("loader() got workers: 1, but threads cannot make the samples of this set.");
    expect(() => loader(numberSet(3), { workers: -1 })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
    expectTypeOf(loader(numberSet(3), { workers: 1 })).toEqualTypeOf<
      DataLoader<{ readonly x: HostTensor<1, "int32">; readonly thread: HostTensor<1, "float32"> }>
    >();
  });
});

describe("faults in threads", () => {
  it("are errors that name the sample, at the batch it belongs to; the next pass starts anew", async () => {
    const batches = loader(numberSet(8, { faulty: [5] }), { batchSize: 2, workers: 2 });
    const iterator = batches[Symbol.asyncIterator]();
    expect([...(await iterator.next()).value!.x.data]).toEqual([0, 1]);
    expect([...(await iterator.next()).value!.x.data]).toEqual([2, 3]);
    await expect(iterator.next()).rejects.toMatchObject({
      code: "LOADER_WORKER",
      message: expect.stringContaining("Sample 5, made of 5, could not be made in a thread: TypeError: no such member."),
      cause: expect.objectContaining({ name: "TypeError", stack: expect.stringContaining("number-decoder.mjs") }),
    });
    expect((await iterator.next()).done).toBe(true);
    await expect(pass(batches)).rejects.toMatchObject({ code: "LOADER_WORKER" });
  });

  it("of a thread that dies name the sample it was at", async () => {
    const batches = loader(numberSet(8, { deadly: [3] }), { batchSize: 2, workers: 2 });
    await expect(pass(batches)).rejects.toMatchObject({
      code: "LOADER_WORKER",
      message: expect.stringContaining("has died at sample 3, made of 3 (exit code 3)"),
    });
    await expect(pass(batches)).rejects.toThrow("has died at sample 3");
  });

  it("of bad samples keep their code and message", async () => {
    await expect(pass(loader(numberSet(4, { bad: [2] }), { workers: 1 }))).rejects.toMatchObject({
      code: "SAMPLE_BAD",
      message: "2: this number is bad. (Sample 2.)",
    });
  });

  it("of modules that cannot be used name the module, with threads and without", async () => {
    const module = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
    const cases: [string, RegExp, object?][] = [
      [
        "file:///nowhere/augment.mjs",
        /^The module file:\/\/\/nowhere\/augment.mjs of the transform cannot be loaded: .*nowhere.*import\.meta\.url/s,
      ],
      [module("throw new TypeError('no GPU')"), /cannot be loaded: TypeError: no GPU\./, { name: "TypeError", message: "no GPU" }],
      [module("export const transform = (sample) => sample"), /has no default export\. Its default export is the function/],
      [module("export default 5"), /exports 5 by default\./],
    ];
    for (const [transform, message, cause] of cases) {
      for (const workers of [0, 1]) {
        const reading = pass(loader(numberSet(2), { workers, transform }));
        await expect(reading).rejects.toMatchObject({
          code: "LOADER_MODULE",
          message: expect.stringMatching(message),
          ...(cause && { cause }),
        });
      }
    }
    for (const [decoder, message] of [
      ["file:///nowhere/decoder.mjs", "of the decoder cannot be loaded"],
      [module("export default () => 5"), "exports a function that returns 5, not one that makes a sample of an input"],
    ] as const) {
      const set = { ...numberSet(4), decoder: { module: decoder, options: {} } };
      for (const each of [set, concat(numberSet(2), set)])
        await expect(pass(loader(each, { workers: 1 }))).rejects.toMatchObject({
          code: "LOADER_MODULE",
          message: expect.stringContaining(message),
        });
    }
  });

  it("of what cannot be sent to a thread say so", async () => {
    const inputs = { ...numberSet(2), input: () => () => 1 };
    const options = { ...numberSet(2), decoder: { ...numberSet(2).decoder, options: { bad: () => 1 } } };
    for (const [set, what] of [
      [inputs, "What `input(index)` of the set gave"],
      [options, "The options of the decoder"],
    ] as const)
      await expect(pass(loader(set, { workers: 1 }))).rejects.toMatchObject({
        code: "LOADER_WORKER",
        message: expect.stringContaining(`${what} cannot be sent to a thread: DataCloneError`),
      });
  });

  it("of samples that do not fit together come with the batch", async () => {
    const uneven: DecodedSet<Float32Array> = {
      length: 2,
      at: (index) => new Float32Array(index + 1),
      input: (index) => index,
      decoder: { module: "data:text/javascript,export default () => (index) => new Float32Array(index %2B 1)", options: {} },
    };
    await expect(pass(loader(uneven, { workers: 1 }))).rejects.toMatchObject({
      code: "COLLATE",
      message: expect.stringContaining("sample 1 of the batch is float32 [2]"),
    });
    const unsendable: DecodedSet<() => void> = {
      length: 1,
      at: () => () => {},
      input: (index) => index,
      decoder: { module: "data:text/javascript,export default () => () => () => {}", options: {} },
    };
    await expect(pass(loader(unsendable, { workers: 1 }))).rejects.toThrow("DataCloneError");
  });
});
