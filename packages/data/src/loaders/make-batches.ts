import { RandomStream } from "@snapfit/base";
import { hasGather, type RandomAccess } from "../random-access.js";
import { isBadSampleError, ShortBatch, type BadSample } from "./bad-sample.js";
import { collate as defaultCollate } from "./collate.js";
import { importDefault } from "./import-default.js";

/** What a sample transform knows about the sample. */
export interface TransformContext {
  /** A stream of its own for this sample and pass (and, where a sampler takes it again, for each time): the same whatever the batch size, the ranks and the order. */
  readonly random: RandomStream;
  /** Index in the set; of a stream, place in the source. */
  readonly index: number;
  /** The pass, from 0. */
  readonly pass: number;
}

/** What `collate` knows about the batch, beyond its samples. */
export interface BatchContext {
  /** A stream of its own for this batch and pass: the same after a resume. */
  readonly random: RandomStream;
  /** The pass, from 0. */
  readonly pass: number;
}

/** Changes samples one by one. */
export type Transform = (sample: unknown, context: TransformContext) => unknown;

/** The parts of a loader's options that make a batch of samples. */
export interface BatchMakerOptions {
  readonly seed: number;
  /** A function, or the URL of a module that has it as its default export. */
  readonly transform?: ((sample: never, context: TransformContext) => unknown) | string | URL | undefined;
  readonly collate?: ((samples: never[], context: BatchContext) => unknown) | undefined;
  readonly onBadSample: "throw" | "skip";
}

/** The samples of one batch. */
export interface BatchRequest {
  readonly pass: number;
  readonly window: number;
  readonly indices: Uint32Array;
  /** How often each sample came before in the pass, if any did. */
  readonly repeats: Uint32Array | undefined;
}

/** Makes a batch, or a {@link ShortBatch}. */
export type BatchMaker = (request: BatchRequest) => unknown;

/** The way from samples to batches: `gather` where the set has it and nothing else is wanted; else sample by sample, then `collate`. */
export function batchMaker(set: RandomAccess<unknown>, options: BatchMakerOptions): BatchMaker {
  const { transform, collate, onBadSample } = options;
  if (hasGather(set) && !transform && !collate && onBadSample === "throw") return ({ indices }) => set.gather(indices);
  const assemble = batchAssembler(options);
  return (request) => assemble(request, (i) => set.at(request.indices[i]!));
}

/** Makes a batch of the samples that `sampleAt(i)` gives for the i-th of the request. */
export type BatchAssembler = (request: BatchRequest, sampleAt: (i: number) => unknown) => unknown;

/** Transforms samples, leaves out bad ones where that is wanted, and collates. */
export function batchAssembler(options: BatchMakerOptions): BatchAssembler {
  const { transform, seed } = options;
  const collateWith = (options.collate ?? defaultCollate) as (samples: unknown[], context: BatchContext) => unknown;
  const root = transformRoot(seed);
  const batchRoot = RandomStream.fromSeed(seed, "batch");
  const isSkipping = options.onBadSample === "skip";
  let loading: Promise<Transform> | undefined;

  function assemble(request: BatchRequest, sampleAt: (i: number) => unknown, change: Transform | undefined): unknown {
    const changed = change ? (i: number) => changeSample(sampleAt(i), change, contextOf(root, request, i)) : sampleAt;
    const take = isSkipping ? (i: number) => catchBad(request.indices[i]!, () => changed(i)) : changed;
    const collate = (samples: unknown[]): unknown => collateWith(samples, batchContextOf(batchRoot, request));
    const finish = isSkipping ? (samples: unknown[]) => collateGood(request.window, samples, collate) : collate;
    const samples = Array.from(request.indices, (_, i) => take(i));
    return samples.some((sample) => sample instanceof Promise) ? Promise.all(samples).then(finish) : finish(samples);
  }

  if (typeof transform !== "string" && !(transform instanceof URL))
    return (request, sampleAt) => assemble(request, sampleAt, transform as Transform | undefined);
  return (request, sampleAt) =>
    (loading ??= importDefault<Transform>(String(transform), "transform")).then((change) => assemble(request, sampleAt, change));
}

/** The parent of the transforms' random streams. */
export function transformRoot(seed: number): RandomStream {
  return RandomStream.fromSeed(seed, "transform");
}

/** The context of the i-th sample of a batch. */
export function contextOf(root: RandomStream, { pass, indices, repeats }: Omit<BatchRequest, "window">, i: number): TransformContext {
  const index = indices[i]!;
  const repeat = repeats?.[i] ?? 0;
  return { random: repeat === 0 ? root.split(pass, index) : root.split(pass, index, repeat), index, pass };
}

/** The context of a batch. Its first sample, and how often that came before, tell it from all others of the pass. */
function batchContextOf(root: RandomStream, { pass, indices, repeats }: BatchRequest): BatchContext {
  return { random: root.split(pass, indices[0]!, repeats?.[0] ?? 0), pass };
}

function changeSample(sample: unknown, change: Transform, context: TransformContext): unknown {
  return sample instanceof Promise ? sample.then((value) => change(value, context)) : change(sample, context);
}

/** Stands for a sample that is left out. */
class LeftOut {
  constructor(readonly sample: BadSample) {}
}

function catchBad(index: number, make: () => unknown): unknown {
  const leaveOut = (error: unknown): LeftOut => {
    if (isBadSampleError(error)) return new LeftOut({ index, error });
    throw error;
  };
  try {
    const sample = make();
    return sample instanceof Promise ? sample.catch(leaveOut) : sample;
  } catch (error) {
    return leaveOut(error);
  }
}

function collateGood(window: number, samples: unknown[], collate: (samples: unknown[]) => unknown): unknown {
  const bad = samples.filter((sample) => sample instanceof LeftOut).map(({ sample }) => sample);
  if (bad.length === 0) return collate(samples);
  const good = samples.filter((sample) => !(sample instanceof LeftOut));
  if (good.length === 0) return new ShortBatch(window, undefined, bad.length, bad);
  const batch = collate(good);
  const short = (made: unknown): ShortBatch => new ShortBatch(window, made, bad.length, bad);
  return batch instanceof Promise ? batch.then(short) : short(batch);
}
