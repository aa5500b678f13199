import { describe, expect, it } from "vitest";
import { parseState, stringifyState, type HostTensor, type StateRecord } from "@snapfit/base";
import {
  lengthSampler,
  loader,
  stratifiedSampler,
  subsetSampler,
  weightedSampler,
  type DataLoader,
  type LoaderOptions,
  type TransformContext,
} from "@snapfit/data";
import noisy from "./decoders/noisy-transform.mjs";
import { noisyTransform, numberSet, type NumberSample } from "./decoders/number-set.js";

const NUM_SAMPLES = 23;
const numbers = Array.from({ length: NUM_SAMPLES }, (_, i) => i);

/** All orders that there are. */
const orders: Record<string, LoaderOptions> = {
  "as it stands": {},
  shuffled: { shuffle: true },
  weighted: { sampler: weightedSampler(numbers, { numSamples: 30 }) },
  "weighted without replacement": { sampler: weightedSampler(numbers, { numSamples: 20, replacement: false }) },
  "by length": { sampler: lengthSampler(numbers, { maxPadding: 0.5 }) },
  subset: { sampler: subsetSampler(numbers.filter((i) => i % 2 === 0)) },
  stratified: { sampler: stratifiedSampler(numbers.map((i) => i % 3)) },
};

interface Noisy {
  readonly x: HostTensor<0, "int32">;
  readonly noise: number;
}
type NoisyBatch = { readonly x: HostTensor<1, "int32">; readonly noise: HostTensor<1, "float32"> };

const inThisThread = noisy as (sample: NumberSample, context: TransformContext) => Noisy;

/** What is read ahead, and where the transform runs. */
const ways = [
  [{ prefetch: 0 }, noisyTransform],
  [{ prefetch: 3 }, noisyTransform],
  [{ prefetch: 3 }, inThisThread],
  [{ prefetchBytes: 64 }, inThisThread],
] as const;

/** A loader whose samples 4, 9 and 14 are bad; of rank 1 of 2 if it is shared. */
function make(order: LoaderOptions, isShared: boolean, workers: number, options: object): DataLoader<NoisyBatch> {
  const set = numberSet(NUM_SAMPLES, { bad: [4, 9, 14], isAsync: true });
  const batches = loader<NumberSample, Noisy, NoisyBatch>(set, {
    ...order,
    batchSize: 3,
    seed: 11,
    workers,
    transform: inThisThread,
    onBadSample: "skip",
    ...options,
  });
  if (isShared) batches.setShard(1, 2);
  return batches;
}

const bits = ({ x, noise }: NoisyBatch) => ({ x: [...x.data], noise: [...noise.data] });

async function pass(batches: AsyncIterable<NoisyBatch>): Promise<ReturnType<typeof bits>[]> {
  const all: ReturnType<typeof bits>[] = [];
  for await (const batch of batches) all.push(bits(batch));
  return all;
}

describe.each(Object.entries(orders))("a pass %s", (_, order) => {
  it.each([
    [0, false],
    [0, true],
    [1, false],
    [2, false],
    [2, true],
  ])("goes on with the same bits from any batch: %i workers, shared between ranks: %s", async (workers, isShared) => {
    const reference = make(order, isShared, 0, {});
    const passes = [await pass(reference), await pass(reference)];
    expect(passes[0]!.flatMap(({ x }) => x).some((value) => [4, 9, 14].includes(value))).toBe(false);
    for (const [reading, transform] of ways) {
      const original = make(order, isShared, workers, { ...reading, transform });
      const iterator = original[Symbol.asyncIterator]();
      const states: StateRecord[] = [];
      let numUsed = 0;
      for (const expected of passes[0]!) {
        states.push(original.saveState(numUsed));
        const batch = bits((await iterator.next()).value!);
        expect(batch).toEqual(expected);
        numUsed += batch.x.length;
      }
      states.push(original.saveState(numUsed));
      await iterator.return!();
      const resumed = make(order, isShared, workers, { ...reading, transform });
      for (const [place, state] of states.entries()) {
        resumed.loadState(parseState(stringifyState(state)) as StateRecord);
        expect(await pass(resumed)).toEqual(passes[0]!.slice(place));
      }
      expect(await pass(resumed)).toEqual(passes[1]);
      for await (const _batch of resumed) break; // threads end
    }
  });
});
