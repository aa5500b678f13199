const PAGE_BYTES = 65_536;

/** More would leave too large a memory behind: WebAssembly's never shrinks. */
const MOST_BYTES = 64e6;

/** Room in a memory, piece after piece, each with 16 bytes to spare for reads and writes of whole vectors. */
export class Arena {
  readonly bytes: Uint8Array;
  #next = 0;

  private constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Undefined if that much cannot be had. What was in the memory stays there. */
  static ofSize(memory: WebAssembly.Memory, sizeBytes: number): Arena | undefined {
    if (sizeBytes > MOST_BYTES) return undefined;
    const missing = sizeBytes + 1024 - memory.buffer.byteLength;
    try {
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch {
      return undefined;
    }
    return new Arena(new Uint8Array(memory.buffer));
  }

  /** @returns where the piece begins */
  reserve(sizeBytes: number): number {
    const start = this.#next;
    this.#next = (start + sizeBytes + 31) & ~15;
    return start;
  }

  put(array: Uint8Array | Uint16Array | Int32Array): number {
    const start = this.reserve(array.byteLength);
    this.bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start);
    return start;
  }

  take(start: number, length: number): Uint8Array {
    return this.bytes.slice(start, start + length);
  }
}
