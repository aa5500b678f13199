import { RandomStream } from "@snapfit/base";
import { collate as defaultCollate } from "./collate.js";
import { hasGather, type RandomAccess } from "../random-access.js";

/** What a sample transform knows about the sample. */
export interface TransformContext {
  /** A stream of its own for this sample and pass: the same whatever the batch size, the ranks and the order. */
  readonly random: RandomStream;
  /** Index in the set. */
  readonly index: number;
  /** The pass, from 0. */
  readonly pass: number;
}

/** The parts of a loader's options that make a batch of samples. */
export interface BatchMakerOptions {
  readonly seed: number;
  readonly transform?: ((sample: never, context: TransformContext) => unknown) | undefined;
  readonly collate?: ((samples: never[]) => unknown) | undefined;
}

/** Makes the batch of these samples in this pass. */
export type BatchMaker = (indices: Uint32Array, pass: number) => unknown;

/** The way from samples to batches: `gather` where the set has it and nothing else is wanted; else sample by sample, then `collate`. */
export function batchMaker(set: RandomAccess<unknown>, options: BatchMakerOptions): BatchMaker {
  const transform = options.transform as ((sample: unknown, context: TransformContext) => unknown) | undefined;
  const collate = (options.collate ?? defaultCollate) as (samples: unknown[]) => unknown;
  if (hasGather(set) && !transform && !options.collate) return (indices) => set.gather(indices);
  const root = RandomStream.fromSeed(options.seed, "transform");

  function sampleAt(index: number, pass: number): unknown {
    const sample = set.at(index);
    if (!transform) return sample;
    const context = { random: root.split(pass, index), index, pass };
    return sample instanceof Promise ? sample.then((value) => transform(value, context)) : transform(sample, context);
  }

  return (indices, pass) => {
    const samples = Array.from(indices, (index) => sampleAt(index, pass));
    return samples.some((sample) => sample instanceof Promise) ? Promise.all(samples).then(collate) : collate(samples);
  };
}
