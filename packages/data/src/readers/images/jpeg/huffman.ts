/** Codes of up to this many bits are looked up at once. */
export const FAST_BITS = 10;

/** A Huffman code of JPEG (T.81, annex C). */
export interface HuffmanTable {
  /** By the next 10 bits: length of the code << 8 | symbol, or 0 if the code is longer. */
  readonly fast: Uint16Array;
  /** By code length: one more than the largest code, or -1. */
  readonly ends: Int32Array;
  /** By code length: index of a code's symbol less the code. */
  readonly offsets: Int32Array;
  readonly symbols: Uint8Array;
}

/** @param counts number of codes of 1 to 16 bits. Undefined if there are more than fit. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | undefined {
  const fast = new Uint16Array(1 << FAST_BITS);
  const ends = new Int32Array(17).fill(-1);
  const offsets = new Int32Array(17);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1]!;
    offsets[length] = index - code;
    if (code + count > 1 << length) return undefined;
    for (let i = 0; i < count && length <= FAST_BITS; i++) {
      const first = (code + i) << (FAST_BITS - length);
      fast.fill((length << 8) | symbols[index + i]!, first, first + (1 << (FAST_BITS - length)));
    }
    code += count;
    index += count;
    if (count > 0) ends[length] = code;
    code <<= 1;
  }
  return { fast, ends, offsets, symbols: symbols.slice() };
}

/** What `size` bits mean, of which the first tells the sign (T.81, F.2.2.1). @param size at least 1 */
export function signedValue(bits: number, size: number): number {
  return bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}

/** Takes bits from the data of a scan, in which a zero byte follows each byte ff. */
export class BitReader {
  /** The next byte that is not in the buffer yet. */
  position: number;
  readonly #bytes: Uint8Array;
  #buffer = 0;
  #numBits = 0;
  /** Bits beyond the end of the data that stand in the buffer, as zeros. */
  #numInvented = 0;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  /** Whether more bits were taken than there are. */
  get isOverrun(): boolean {
    return this.#numInvented > this.#numBits;
  }

  /** Drops the rest of a byte, and what was invented. */
  align(): void {
    this.#buffer = this.#numBits = this.#numInvented = 0;
  }

  #fill(): void {
    while (this.#numBits <= 16) {
      let byte = this.#bytes[this.position];
      if (byte === undefined || (byte === 0xff && this.#bytes[this.position + 1] !== 0)) {
        byte = 0;
        this.#numInvented += 8;
      } else this.position += byte === 0xff ? 2 : 1;
      this.#buffer = ((this.#buffer & 0xffff) << 8) | byte;
      this.#numBits += 8;
    }
  }

  bits(count: number): number {
    if (count === 0) return 0;
    if (this.#numBits < count) this.#fill();
    this.#numBits -= count;
    return (this.#buffer >> this.#numBits) & ((1 << count) - 1);
  }

  /** A value of `size` bits. */
  signed(size: number): number {
    if (size === 0) return 0;
    return signedValue(this.bits(size), size);
  }

  /** The next symbol; -1 if no code begins like this. */
  symbol({ fast, ends, offsets, symbols }: HuffmanTable): number {
    if (this.#numBits < 16) this.#fill();
    const entry = fast[(this.#buffer >> (this.#numBits - FAST_BITS)) & ((1 << FAST_BITS) - 1)]!;
    if (entry !== 0) {
      this.#numBits -= entry >> 8;
      return entry & 255;
    }
    for (let length = FAST_BITS + 1; length <= 16; length++) {
      const code = (this.#buffer >> (this.#numBits - length)) & ((1 << length) - 1);
      if (code >= ends[length]!) continue;
      this.#numBits -= length;
      return symbols[offsets[length]! + code]!;
    }
    return -1;
  }
}
