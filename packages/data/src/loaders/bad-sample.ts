import type { SnapfitError } from "@snapfit/base";

/** A sample that `onBadSample: "skip"` has left out. */
export interface BadSample {
  /** Index in the set; of a stream, place in the source. */
  readonly index: number;
  /** Of code `SAMPLE_BAD`: what was found, where, and what was expected. */
  readonly error: Error;
}

/** What {@link DataLoader.badSamples} tells. */
export interface BadSamples {
  /** Different samples that were left out, in all passes. */
  readonly count: number;
  /** The first ten. */
  readonly first: readonly BadSample[];
}

/** Whether an error says that one sample is bad: readers, sets and transforms throw a SnapfitError of code `SAMPLE_BAD`. All else is a fault of the program. */
export function isBadSampleError(error: unknown): error is SnapfitError<"SAMPLE_BAD"> {
  return error instanceof Error && (error as Partial<SnapfitError>).code === "SAMPLE_BAD";
}

/** A batch with fewer samples than its window says. */
export class ShortBatch {
  /** @param batch undefined if no sample is left. @param missing how many samples fewer. @param bad those of them that are bad. */
  constructor(
    readonly window: number,
    readonly batch: unknown,
    readonly missing: number,
    readonly bad: readonly BadSample[],
  ) {}
}

/** Counts what was left out: each sample once, however often it is met. */
export class BadSampleCounter {
  readonly #seen = new Set<number>();
  readonly #first: BadSample[] = [];

  add(bad: readonly BadSample[]): void {
    for (const sample of bad) {
      if (!this.#seen.has(sample.index) && this.#first.length < 10) this.#first.push(sample);
      this.#seen.add(sample.index);
    }
  }

  get summary(): BadSamples {
    return { count: this.#seen.size, first: [...this.#first] };
  }
}
