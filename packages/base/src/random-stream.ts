import { SnapfitError } from "./snapfit-error.js";
import type { StateTree } from "./state-tree.js";
import { childKey, type StreamKey } from "./stream-key.js";
import { threefry2x32 } from "./threefry.js";

/** All there is to a {@link RandomStream}: its key and the index of its next word. */
export type RandomStreamState = { readonly key: StreamKey; readonly counter: number };

const WORD = 2 ** 32;

/**
 * A stream of random numbers that is a pure function of a key and a counter (Threefry-2x32-20): word i can be had without the words before it,
 * the whole state is three numbers, and streams with different names are independent. Not for cryptography.
 * Up to 2^53 words a stream; each method says how many it takes.
 *
 * @example
 * const seeds = RandomStream.fromSeed(7);
 * const order = seeds.split("shuffle", 3).permutation(60_000); // epoch 3, whatever was drawn before
 */
export class RandomStream {
  #key0: number;
  #key1: number;
  #counter: number;
  // The block of words that was computed last. Derived from key and counter, so not part of the state.
  readonly #block = new Uint32Array(2);
  #blockIndex = -1;

  private constructor(key: StreamKey, counter: number) {
    [this.#key0, this.#key1] = key;
    this.#counter = counter;
  }

  /** The stream of a seed (any finite number), or its child with these names. Seed 0 is a seed like any other. */
  static fromSeed(seed: number, ...names: readonly (string | number)[]): RandomStream {
    return new RandomStream(childKey([0, 0], seed, ...names), 0);
  }

  /** A stream from a saved state. @throws SnapfitError `STATE_MALFORMED` */
  static fromState(state: StateTree): RandomStream {
    const stream = new RandomStream([0, 0], 0);
    stream.loadState(state);
    return stream;
  }

  /** The child with these names, at its beginning. Depends on the key only: neither advances this stream nor notices where it stands. */
  split(...names: readonly (string | number)[]): RandomStream {
    return new RandomStream(childKey([this.#key0, this.#key1], ...names), 0);
  }

  /** The next word: an integer in [0, 2^32). */
  uint32(): number {
    const index = this.#counter++;
    const blockIndex = Math.floor(index / 2);
    if (blockIndex !== this.#blockIndex) this.#computeBlock(blockIndex);
    return this.#block[index & 1]!;
  }

  /** Uniform in [0, 1), with 53 random bits from two words. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Standard normal, from four words. Keeps no second value back. @see Box and Muller 1958, doi 10.1214/aoms/1177706645 */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /**
   * An integer in [0, below), each with the same probability (words that fall outside are drawn again).
   * @param below 1 to 2^53. @throws SnapfitError `RANDOM_RANGE`
   */
  integer(below: number): number {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 53) {
      throw new SnapfitError(
        "RANDOM_RANGE",
        `integer(${below}) has nothing to draw from. The bound is an integer from 1 to 2^53. Check the length that it comes from.`,
      );
    }
    const highBound = Math.floor((below - 1) / WORD);
    const lowMask = highBound > 0 ? 0xffffffff : maskFor(below - 1);
    const highMask = maskFor(highBound);
    for (;;) {
      const low = (this.uint32() & lowMask) >>> 0;
      const value = highBound === 0 ? low : ((this.uint32() & highMask) >>> 0) * WORD + low;
      if (value < below) return value;
    }
  }

  /** The numbers 0 to n - 1 in random order (Fisher-Yates), n < 2^32. */
  permutation(n: number): Uint32Array {
    if (!Number.isInteger(n) || n < 0 || n >= WORD) {
      throw new SnapfitError(
        "RANDOM_RANGE",
        `permutation(${n}) is not possible. n is an integer from 0 to 2^32 - 1. Check the length that it comes from.`,
      );
    }
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const other = order[j]!;
      order[j] = order[i]!;
      order[i] = other;
    }
    return order;
  }

  /** Fills with values in [0, 1): a Float64Array as {@link uniform} does, a Float32Array with 24 random bits from one word each. */
  fillUniform(array: Float32Array | Float64Array): void {
    if (array instanceof Float64Array) {
      for (let i = 0; i < array.length; i++) array[i] = this.uniform();
    } else {
      this.fillUniformAt(array, this.#counter);
      this.#counter += array.length;
    }
  }

  /** Word `index` of the stream, an integer in [0, 2^32), wherever the stream stands. */
  at(index: number): number {
    checkIndex(index);
    const block = new Uint32Array(2);
    const blockIndex = Math.floor(index / 2);
    threefry2x32(this.#key0, this.#key1, blockIndex | 0, Math.floor(blockIndex / WORD), block);
    return block[index & 1]!;
  }

  /**
   * Fills with the uniform values of words `start`, `start + 1`, …, wherever the stream stands: `array[i]` is the top 24 bits of `at(start + i)`, over 2^24.
   * So a mask can be made for any part of a batch by itself.
   */
  fillUniformAt(array: Float32Array, start: number): void {
    checkIndex(start);
    const block = new Uint32Array(2);
    const key0 = this.#key0;
    const key1 = this.#key1;
    let blockIndex = Math.floor(start / 2);
    for (let i = -(start % 2); i < array.length; i += 2, blockIndex++) {
      threefry2x32(key0, key1, blockIndex | 0, Math.floor(blockIndex / WORD), block);
      if (i >= 0) array[i] = (block[0]! >>> 8) / 2 ** 24;
      if (i + 1 < array.length) array[i + 1] = (block[1]! >>> 8) / 2 ** 24;
    }
  }

  /** Key and counter. A stream that loads it goes on with the same bits. */
  saveState(): RandomStreamState {
    return { key: [this.#key0, this.#key1], counter: this.#counter };
  }

  /** Goes on where the state was taken. @throws SnapfitError `STATE_MALFORMED` */
  loadState(state: StateTree): void {
    if (!isStreamState(state)) {
      throw new SnapfitError(
        "STATE_MALFORMED",
        "This is not the state of a random stream. It holds key, two uint32 numbers, and counter, a non-negative integer. Pass what saveState() returned.",
      );
    }
    [this.#key0, this.#key1] = state.key;
    this.#counter = state.counter;
    this.#blockIndex = -1;
  }

  #computeBlock(blockIndex: number): void {
    threefry2x32(this.#key0, this.#key1, blockIndex | 0, Math.floor(blockIndex / WORD), this.#block);
    this.#blockIndex = blockIndex;
  }
}

/** All bits up to the highest one of `value`. */
function maskFor(value: number): number {
  return value === 0 ? 0 : 0xffffffff >>> Math.clz32(value);
}

function checkIndex(index: number): void {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new SnapfitError(
      "RANDOM_RANGE",
      `Word ${index} of a random stream does not exist. Words are counted from 0 to 2^53 - 1. Check the arithmetic of the index.`,
    );
  }
}

function isStreamState(state: unknown): state is RandomStreamState {
  const { key, counter } = (state ?? {}) as Partial<RandomStreamState>;
  const isWord = (word: unknown): boolean => Number.isInteger(word) && (word as number) >= 0 && (word as number) < WORD;
  return Array.isArray(key) && key.length === 2 && key.every(isWord) && Number.isSafeInteger(counter) && (counter as number) >= 0;
}
