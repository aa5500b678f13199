import { SnapfitError } from "@snapfit/base";

/** The array kinds behind tensors; `Uint16Array` holds bfloat16. */
export type PooledArray = Float32Array | Int32Array | Uint8Array | Uint16Array;

interface ArrayKind<A extends PooledArray> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): A;
  readonly BYTES_PER_ELEMENT: number;
}

const cacheLineBytes = 64;
/** What may lie unused when little is in use. */
const leastIdleBytes = 64 * 2 ** 20;
/** An array costs some 300 bytes besides its elements: millions of numbers that were alive at once must not stay as arrays of one element. */
const mostIdleArrays = 32_768;

/**
 * Memory of tensors, handed out again by exact size: a fresh 4 MB array costs up to 15 times the addition that fills it.
 * In use and idle together stay below what was in use at most and a quarter more.
 * Arrays are dirty and start at a cache line.
 */
export class BufferPool {
  /** Fills what comes back with NaN (float32) or extreme values, so that a use after the end is seen. */
  isPoisoning = false;
  readonly #alignedOffset: (bytes: Uint8Array) => number;
  readonly #idle = new Map<unknown, Map<number, PooledArray[]>>(
    [Float32Array, Int32Array, Uint8Array, Uint16Array].map((kind) => [kind, new Map<number, PooledArray[]>()]),
  );
  #held: PooledArray[] | undefined;
  #idleBytes = 0;
  #idleArrays = 0;
  #usedBytes = 0;
  #mostUsedBytes = 0;

  constructor(alignedOffset: (bytes: Uint8Array) => number) {
    this.#alignedOffset = alignedOffset;
  }

  /** Bytes behind living tensors, the most of them that there were, and bytes that wait for the next tensor of their size. */
  get bytes(): { readonly used: number; readonly mostUsed: number; readonly idle: number } {
    return { used: this.#usedBytes, mostUsed: this.#mostUsedBytes, idle: this.#idleBytes };
  }

  /** An array of unknown content. @throws SnapfitError `NATIVE_OUT_OF_MEMORY` */
  take<A extends PooledArray>(kind: ArrayKind<A>, length: number): A {
    const sizeBytes = length * kind.BYTES_PER_ELEMENT;
    const found = this.#idle.get(kind)!.get(length)?.pop();
    if (found !== undefined) {
      this.#idleBytes -= sizeBytes;
      this.#idleArrays--;
    }
    const array = (found as A | undefined) ?? this.#allocate(kind, length, sizeBytes);
    this.#usedBytes += sizeBytes;
    if (this.#usedBytes > this.#mostUsedBytes) this.#mostUsedBytes = this.#usedBytes;
    return array;
  }

  /** Runs `run`, in which nothing that is given back is handed out again: kernels of the cpu backend read arrays that they have disposed. */
  holding<T>(run: () => T): T {
    const outer = this.#held;
    const held = (this.#held = [] as PooledArray[]);
    try {
      return run();
    } finally {
      this.#held = outer;
      for (const array of held) this.give(array);
    }
  }

  /** Takes back what {@link take} gave, once. */
  give(array: PooledArray): void {
    if (this.#held !== undefined) {
      this.#held.push(array);
      return;
    }
    this.#usedBytes -= array.byteLength;
    if (this.isPoisoning) array.fill(array instanceof Float32Array ? NaN : 0x7f);
    const byLength = this.#idle.get(array.constructor)!;
    const list = byLength.get(array.length);
    this.#idleBytes += array.byteLength;
    this.#idleArrays++;
    if (list === undefined) byLength.set(array.length, [array]);
    else list.push(array);
    if (this.#idleBytes > leastIdleBytes || this.#idleArrays > mostIdleArrays) this.#trim();
  }

  /** Lets go of all idle arrays. */
  clear(): void {
    for (const byLength of this.#idle.values()) byLength.clear();
    this.#idleBytes = 0;
    this.#idleArrays = 0;
  }

  #allocate<A extends PooledArray>(kind: ArrayKind<A>, length: number, sizeBytes: number): A {
    const buffer = allocated(sizeBytes + cacheLineBytes) ?? this.#allocatedInPlaceOfIdle(sizeBytes);
    return new kind(buffer, this.#alignedOffset(new Uint8Array(buffer)), length);
  }

  /** What lies idle may be what is missing. */
  #allocatedInPlaceOfIdle(sizeBytes: number): ArrayBuffer {
    this.clear();
    const buffer = allocated(sizeBytes + cacheLineBytes);
    if (buffer !== undefined) return buffer;
    const [wanted, used] = [sizeBytes, this.#usedBytes].map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`);
    throw new SnapfitError(
      "NATIVE_OUT_OF_MEMORY",
      `The native engine got no memory for a tensor of ${wanted}, beside ${used} in use. Use a smaller batch or model, or dispose tensors.`,
    );
  }

  /** Lengths that came up first go first: those of a model that is in training are kept by being emptied and filled again. */
  #trim(): void {
    const mostIdle = Math.max(leastIdleBytes, 1.25 * this.#mostUsedBytes - this.#usedBytes);
    // Half of them at once: to move the others up for each one that goes would take longer than to make it.
    const mostArrays = this.#idleArrays > mostIdleArrays ? mostIdleArrays / 2 : mostIdleArrays;
    const isEnough = (): boolean => this.#idleBytes <= mostIdle && this.#idleArrays <= mostArrays;
    for (const byLength of this.#idle.values()) {
      for (const [length, list] of byLength) {
        let count = 0;
        for (; count < list.length && !isEnough(); count++) {
          this.#idleBytes -= list[count]!.byteLength;
          this.#idleArrays--;
        }
        list.splice(0, count);
        if (list.length === 0) byLength.delete(length);
        if (isEnough()) return;
      }
    }
  }
}

function allocated(sizeBytes: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(sizeBytes);
  } catch {
    return undefined;
  }
}
