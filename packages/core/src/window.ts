import { SnapfitError, type Loader, type StateRecord } from "@snapfit/base";
import type { BatchSource } from "./batch.js";
import type { Session } from "./session.js";

/** The batches of one optimizer step, as read from the loader. */
export interface Window {
  readonly batches: readonly unknown[];
  /** `batchWeight` and `batchSize` of each batch. */
  readonly weights: readonly number[];
  readonly sizes: readonly number[];
  /** Index of the first batch in its epoch. */
  readonly firstIndex: number;
  /** Sum of the weights, and of the sizes, over all ranks. */
  readonly totalWeight: number;
  readonly totalSize: number;
  /** For each batch, the samples of the window that come before it in the order of one process: batch by batch, rank by rank. */
  readonly firstSamples: readonly number[];
}

/** Whether a source has the calls of a loader whose position can be saved. */
export function isLoader(source: unknown): source is Loader<unknown> {
  return (
    typeof (source as Partial<Loader<unknown>> | undefined)?.saveState === "function" &&
    typeof (source as Partial<Loader<unknown>> | undefined)?.loadState === "function"
  );
}

const begun = new WeakSet<object>();

/** The iterator of the next pass. @throws SnapfitError `ONE_SHOT_LOADER` if the source was an iterator that has been used. */
export function openPass(source: BatchSource<unknown>): Iterator<unknown> | AsyncIterator<unknown> {
  const iterable = typeof source === "function" ? source() : source;
  const iterator = Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  if ((iterator as object) === (iterable as object)) {
    if (begun.has(iterable)) {
      throw new SnapfitError(
        "ONE_SHOT_LOADER",
        "The loader is an iterator that has been used up by an earlier pass. Each pass needs a new one. Pass a function that makes it: train: () => batches().",
      );
    }
    begun.add(iterable);
  }
  return iterator;
}

/** Reads windows of one training pass. */
export class WindowReader {
  readonly #session: Session;
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  readonly #limit: number;
  #left = false;
  /** Whether an epoch goes on with this pass, and nothing has been read of it yet. */
  #isUnreadRest = false;

  private constructor(session: Session, iterator: Iterator<unknown> | AsyncIterator<unknown>, limit: number) {
    this.#session = session;
    this.#iterator = iterator;
    this.#limit = limit;
  }

  /** Opens the pass; in a resumed epoch where it stood. */
  static async open(session: Session, source: BatchSource<unknown>, limit: number): Promise<WindowReader> {
    const { counters, position } = session;
    const reader = new WindowReader(session, openPass(source), limit);
    position.isPassOpen = true;
    reader.#isUnreadRest = counters.batch > 0;
    for (; position.toSkip > 0; position.toSkip -= 1) await reader.#iterator.next();
    return reader;
  }

  /** The next window, or undefined when no rank has a batch left. */
  async next(): Promise<Window | undefined> {
    const { options, counters, trainer, group } = this.#session;
    const batches: unknown[] = [];
    while (batches.length < options.accumulate && !this.#left) {
      if (counters.batch + batches.length >= this.#limit) break;
      this.#isUnreadRest = false;
      const item = this.#iterator.next();
      const { done, value } = "then" in item ? await item : item;
      if (done === true) this.#left = true;
      else batches.push(value);
    }
    const weights: number[] = [];
    const sizes: number[] = [];
    for (const batch of batches) {
      weights.push(trainer.batchWeight(batch));
      sizes.push(trainer.batchSize(batch));
    }
    const all = group.size === 1 ? [{ weights, sizes }] : await group.allGather({ weights, sizes });
    const firstSamples: number[] = [];
    let totalSize = 0;
    let totalWeight = 0;
    for (let i = 0; i < options.accumulate; i++) {
      for (let rank = 0; rank < all.length; rank++) {
        if (rank === group.rank && i < sizes.length) firstSamples.push(totalSize);
        totalSize += all[rank]!.sizes[i] ?? 0;
        totalWeight += all[rank]!.weights[i] ?? 0;
      }
    }
    if (firstSamples.length === 0 && all.every((rank) => rank.sizes.length === 0)) return undefined;
    return { batches, weights, sizes, firstIndex: counters.batch, totalWeight, totalSize, firstSamples };
  }

  /** Leaves the pass; the loader may release what it holds. After an interruption a saved state still says where the pass stood. */
  async close(wasInterrupted: boolean): Promise<void> {
    const { position } = this.#session;
    position.held = wasInterrupted ? loaderState(position) : undefined;
    position.isPassOpen = false;
    if (this.#isUnreadRest && !wasInterrupted) await this.#iterator.next(); // begun, so that leaving it ends it
    if (!this.#left) await this.#iterator.return?.();
  }
}

/** Where the training loader stands, for `saveState()`. */
export interface LoaderPosition {
  source: BatchSource<unknown> | undefined;
  /** Samples of the running pass used on this rank. */
  samples: number;
  isPassOpen: boolean;
  /** Where an interrupted pass stood when it was left. */
  held: StateRecord | undefined;
  /** A state that waits for the fit that goes on. */
  restored: StateRecord | undefined;
  /** Batches that a source without a state of its own is to be read past. */
  toSkip: number;
}

/** A fit begins or goes on with this source: it takes up the restored state, or skips what was seen. */
export function takeSource({ position, counters, isEpochRunning, validationDue, console }: Session, source: BatchSource<unknown>): void {
  const { restored } = position;
  position.source = source;
  position.restored = undefined;
  if (isLoader(source)) {
    if (restored) source.loadState(restored);
    return;
  }
  if (!isEpochRunning || counters.batch === 0 || validationDue === "epoch") return;
  console.info(
    `The loader cannot say where it was: skipping the ${counters.batch} batches of this epoch that were seen. The run equals an uninterrupted one only if it yields the same batches again.`,
  );
  position.toSkip = counters.batch;
}

/** The state of the training loader: within a pass where it stands, else the next pass. Undefined if the source cannot say. */
export function loaderState({ source, samples, isPassOpen, held, restored }: LoaderPosition): StateRecord | undefined {
  if (restored !== undefined) return restored; // taken up by the next pass, not before
  if (held !== undefined) return held;
  return isLoader(source) ? source.saveState(isPassOpen ? samples : 0) : undefined;
}
