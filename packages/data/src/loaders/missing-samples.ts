/** By how many samples the batches of a pass are shorter than its windows say: what makes a count of used samples a place in the pass again. */
export class MissingSamples {
  readonly #before: number;
  readonly #byWindow: { readonly window: number; readonly count: number }[] = [];

  /** @param before in the part of the pass before it was resumed. */
  constructor(before: number) {
    this.#before = before;
  }

  add(window: number, count: number): void {
    this.#byWindow.push({ window, count });
  }

  /**
   * The window after `numUsed` samples, and how many are missing up to there.
   * @param windowAfter the window after so many samples where none is missing.
   */
  placeAfter(
    numUsed: number,
    windowAfter: (numSamples: number) => number | undefined,
  ): { readonly window: number; readonly missing: number } | undefined {
    let missing = this.#before;
    for (const next of this.#byWindow) {
      const window = windowAfter(numUsed + missing);
      if (window !== undefined && window <= next.window) return { window, missing };
      missing += next.count;
    }
    const window = windowAfter(numUsed + missing);
    return window === undefined ? undefined : { window, missing };
  }
}
