import { SnapfitError } from "@snapfit/base";
import type { Decoder } from "../decoded-set.js";
import { ShortBatch } from "../loaders/bad-sample.js";
import type { BatchSource, OpenSource, SampleBatchMaker } from "../loaders/batch-source.js";
import { batchAssembler, type BatchMakerOptions, type BatchRequest } from "../loaders/make-batches.js";
import { receiveError, type SentFailure, type ThreadSetup } from "./messages.js";
import { isNode } from "./node-module.js";
import { Thread, type ThreadResult } from "./thread.js";

/** Threads of a loader that is gone without having left its pass. */
const abandoned = new FinalizationRegistry<Set<Thread>>((threads) => void endAll(threads));

/**
 * Has samples made in threads. They start with the first pass and stay for the next one when a pass is used up; when one is left early or fails, they end.
 * They keep the process alive only while a batch is waited for.
 */
export class ThreadSource implements BatchSource<SampleBatchMaker> {
  readonly #numThreads: number;
  readonly #setup: Omit<ThreadSetup, "progress">;
  readonly #finish: (request: BatchRequest, result: ThreadResult, inputs: readonly unknown[]) => unknown;
  readonly #threads = new Set<Thread>();
  #numOpen = 0;
  #numHolds = 0;
  #lastTask = 0;

  /** @param owner whose option `workers` it is: `loader()`. @param decoder makes samples of inputs; undefined where they are the samples. */
  constructor(owner: string, decoder: Decoder | undefined, numThreads: number, options: BatchMakerOptions) {
    if (!isNode())
      throw new SnapfitError(
        "OPTION_INVALID",
        `${owner} got workers: ${numThreads}, but threads are there in Node only. Leave out workers in browsers.`,
      );
    const { transform, collate, seed, onBadSample } = options;
    const isInMain = typeof transform === "function";
    this.#numThreads = numThreads;
    const module = transform === undefined || isInMain ? undefined : String(transform);
    const isCollating = !isInMain && collate === undefined;
    this.#setup = { decoder, transform: module, seed, isCollating, onBadSample };
    const assemble = batchAssembler({ ...options, transform: isInMain ? transform : undefined });
    this.#finish = isCollating ? finishBatch : (request, result, inputs) => assemble(request, (i) => sampleOf(request, result, inputs, i));
    abandoned.register(this, this.#threads);
  }

  open(): OpenSource<SampleBatchMaker> {
    this.#numOpen++;
    return {
      make: (request, inputs) => this.#make(request, inputs),
      hold: (isHeld) => this.#hold(isHeld),
      close: (isLeft) => this.#close(isLeft),
    };
  }

  async #make(request: BatchRequest, inputs: readonly unknown[]): Promise<unknown> {
    const { pass, indices, repeats } = request;
    this.#startThreads();
    // Given out at once, so that threads have work while this one is busy.
    const thread = [...this.#threads].reduce((least, each) => (each.numWaiting < least.numWaiting ? each : least));
    const result = await thread.run({ id: ++this.#lastTask, pass, indices, repeats, inputs });
    return this.#finish(request, result, inputs);
  }

  #startThreads(): void {
    const threads = this.#threads; // not this: a thread would keep its loader
    while (threads.size < this.#numThreads) {
      const thread = new Thread(this.#setup, () => threads.delete(thread));
      if (this.#numHolds > 0) thread.hold(true);
      threads.add(thread);
    }
  }

  #hold(isHeld: boolean): void {
    this.#numHolds += isHeld ? 1 : -1;
    for (const thread of this.#threads) thread.hold(this.#numHolds > 0);
  }

  async #close(isLeft: boolean): Promise<void> {
    this.#numOpen--;
    if (isLeft && this.#numOpen === 0) await endAll(this.#threads);
  }
}

async function endAll(threads: Set<Thread>): Promise<void> {
  const ended = [...threads].map((thread) => thread.end());
  threads.clear();
  await Promise.all(ended);
}

function finishBatch({ window, indices }: BatchRequest, { batch, bad }: ThreadResult, inputs: readonly unknown[]): unknown {
  if (bad.length === 0) return batch;
  const samples = bad.map((failure) => ({ index: indices[failure.position]!, error: errorOf(failure, indices, inputs) }));
  return new ShortBatch(window, batch, bad.length, samples);
}

function sampleOf({ indices }: BatchRequest, { samples, bad }: ThreadResult, inputs: readonly unknown[], i: number): unknown {
  const failure = bad.find(({ position }) => position === i);
  if (failure) throw errorOf(failure, indices, inputs);
  return samples![i];
}

function errorOf({ position, error }: SentFailure, indices: Uint32Array, inputs: readonly unknown[]): Error {
  return receiveError(error, { index: indices[position]!, input: inputs[position] });
}
