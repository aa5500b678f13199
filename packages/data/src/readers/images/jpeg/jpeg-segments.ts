import { badSample } from "../bad-sample.js";
import { huffmanTable, type HuffmanTable } from "./huffman.js";

/** One colour component of a JPEG frame. */
export interface JpegComponent {
  readonly id: number;
  /** Sampling factors, 1 to 4. */
  readonly h: number;
  readonly v: number;
  readonly quantization: number;
}

/** What a JPEG's frame header says. */
export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  readonly isProgressive: boolean;
  readonly components: readonly JpegComponent[];
}

/** One scan: which coefficients of which components its bits hold (T.81, B.2.3). */
export interface JpegScan {
  /** Position of the first byte of its bits. */
  readonly start: number;
  readonly parts: readonly { readonly component: number; readonly dc: number; readonly ac: number }[];
  readonly spectralStart: number;
  readonly spectralEnd: number;
  readonly high: number;
  readonly low: number;
}

/** Takes the segments of a JPEG one after another, and keeps the tables that they set. */
export class JpegSegments {
  frame: JpegFrame | undefined;
  restartInterval = 0;
  /** The `transform` of Adobe's segment, if there is one. */
  adobeTransform: number | undefined;
  hasJfif = false;
  /** Exif orientation, 1 to 8. */
  orientation = 1;
  readonly quantization: (Uint16Array | undefined)[] = [];
  readonly dcTables: (HuffmanTable | undefined)[] = [];
  readonly acTables: (HuffmanTable | undefined)[] = [];
  /** Where the next marker is looked for. */
  position = 2;
  readonly #bytes: Uint8Array;
  readonly #file: string;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  /** Reads on to the next scan; undefined at the end marker. */
  nextScan(): JpegScan | undefined {
    for (;;) {
      const marker = this.#nextMarker();
      if (marker === 0xd9) return undefined;
      if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
      const start = this.position;
      const length = this.#uint16(start);
      const end = start + length;
      if (length < 2 || end > this.#bytes.length)
        throw this.fault(start, "the file ends in a segment; JPEG data go on to an end marker", "truncated");
      this.position = end;
      if (marker === 0xda) return this.#scan(start + 2, end);
      this.#segment(marker, start + 2, end);
    }
  }

  /** The error of damaged data at a byte. */
  fault(byte: number, what: string, how = "damaged"): Error {
    return badSample(this.#file, `the JPEG is ${how}, byte ${byte}: ${what}`);
  }

  #uint16(at: number): number {
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  /** Bytes that belong to nothing may stand before a marker: some cameras write them, and other decoders pass over them. */
  #nextMarker(): number {
    let at = this.position;
    while (at + 1 < this.#bytes.length && (this.#bytes[at] !== 0xff || this.#bytes[at + 1] === 0xff || this.#bytes[at + 1] === 0)) at++;
    if (at + 1 >= this.#bytes.length) throw this.fault(this.#bytes.length, "the file ends before its end marker", "truncated");
    this.position = at + 2;
    return this.#bytes[at + 1]!;
  }

  #segment(marker: number, start: number, end: number): void {
    if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) this.#readFrame(marker, start, end);
    else if (marker === 0xc4) this.#readHuffman(start, end);
    else if (marker >= 0xc3 && marker <= 0xcf && marker !== 0xc8 && marker !== 0xcc) {
      const kind = marker < 0xc8 ? "a lossless or hierarchical" : "an arithmetic-coded";
      throw badSample(this.#file, `it is ${kind} JPEG, but baseline and progressive ones are read`, "Convert the file.");
    } else if (marker === 0xdb) this.#readQuantization(start, end);
    else if (marker === 0xdd) this.restartInterval = this.#uint16(start);
    else if (marker === 0xe0) this.hasJfif ||= this.#startsWith("JFIF\0", start, end);
    else if (marker === 0xe1 && this.#startsWith("Exif\0\0", start, end))
      this.orientation = exifOrientation(this.#bytes.subarray(start + 6, end));
    else if (marker === 0xee && end - start >= 12 && this.#startsWith("Adobe", start, end)) this.adobeTransform = this.#bytes[start + 11]!;
  }

  #startsWith(text: string, start: number, end: number): boolean {
    return String.fromCharCode(...this.#bytes.subarray(start, Math.min(end, start + text.length))) === text;
  }

  #readFrame(marker: number, start: number, end: number): void {
    if (this.frame) throw this.fault(start, "there is a second frame; an image has one");
    const count = this.#bytes[start + 5]!;
    if (end - start < 6 || end - start !== 6 + 3 * count) throw this.fault(start, "the frame header has another length than it tells of");
    const precision = this.#bytes[start]!;
    if (precision !== 8) throw badSample(this.#file, `it is a JPEG of ${precision} bits, but 8 are read`, "Convert the file.");
    const [height, width] = [this.#uint16(start + 1), this.#uint16(start + 3)];
    if (width === 0 || height === 0)
      throw this.fault(start + 1, `the frame header tells of ${width} x ${height} pixels; both are at least 1`);
    if (![1, 3, 4].includes(count)) throw this.fault(start + 5, `there are ${count} colour components; 1, 3 or 4 are expected`);
    const components = Array.from({ length: count }, (_, i) => {
      const at = start + 6 + 3 * i;
      const [h, v] = [this.#bytes[at + 1]! >> 4, this.#bytes[at + 1]! & 15];
      if (h < 1 || h > 4 || v < 1 || v > 4) throw this.fault(at + 1, `the sampling factors are ${h} and ${v}; 1 to 4 are expected`);
      return { id: this.#bytes[at]!, h, v, quantization: this.#bytes[at + 2]! };
    });
    this.frame = { width, height, isProgressive: marker === 0xc2, components };
  }

  #readQuantization(start: number, end: number): void {
    for (let at = start; at < end;) {
      const [isWide, slot] = [this.#bytes[at]! >> 4 === 1, this.#bytes[at]! & 15];
      const size = isWide ? 128 : 64;
      if (at + 1 + size > end) throw this.fault(at, "a quantization table is cut off");
      this.quantization[slot] = Uint16Array.from({ length: 64 }, (_, i) =>
        isWide ? this.#uint16(at + 1 + 2 * i) : this.#bytes[at + 1 + i]!,
      );
      at += 1 + size;
    }
  }

  #readHuffman(start: number, end: number): void {
    for (let at = start; at < end;) {
      const [kind, slot] = [this.#bytes[at]! >> 4, this.#bytes[at]! & 15];
      const counts = this.#bytes.subarray(at + 1, at + 17);
      const numSymbols = counts.reduce((sum, count) => sum + count, 0);
      if (at + 17 + numSymbols > end) throw this.fault(at, "a Huffman table is cut off");
      const table = huffmanTable(counts, this.#bytes.subarray(at + 17, at + 17 + numSymbols));
      if (!table) throw this.fault(at, "a Huffman table has more codes than there can be");
      (kind === 0 ? this.dcTables : this.acTables)[slot] = table;
      at += 17 + numSymbols;
    }
  }

  #scan(start: number, end: number): JpegScan {
    if (!this.frame) throw this.fault(start, "there is a scan before the frame header");
    const count = this.#bytes[start]!;
    if (count < 1 || count > 4 || end - start !== 4 + 2 * count)
      throw this.fault(start, "the scan header has another length than it tells of");
    const parts = Array.from({ length: count }, (_, i) => {
      const at = start + 1 + 2 * i;
      const component = this.frame!.components.findIndex(({ id }) => id === this.#bytes[at]);
      if (component < 0) throw this.fault(at, `there is a scan of component ${this.#bytes[at]}, which the frame header does not have`);
      return { component, dc: this.#bytes[at + 1]! >> 4, ac: this.#bytes[at + 1]! & 15 };
    });
    if (new Set(parts.map(({ component }) => component)).size !== count) throw this.fault(start, "a scan has one component twice");
    const at = end - 3;
    const scan = {
      start: end,
      parts,
      spectralStart: this.#bytes[at]!,
      spectralEnd: this.#bytes[at + 1]!,
      high: this.#bytes[at + 2]! >> 4,
      low: this.#bytes[at + 2]! & 15,
    };
    if (!this.frame.isProgressive) return { ...scan, spectralStart: 0, spectralEnd: 63, high: 0, low: 0 };
    const isSound =
      scan.spectralStart === 0 ? scan.spectralEnd === 0 : scan.spectralStart <= scan.spectralEnd && scan.spectralEnd <= 63 && count === 1;
    if (!isSound || scan.low > 13 || (scan.high !== 0 && scan.high !== scan.low + 1))
      throw this.fault(at, "a progressive scan tells of coefficients that it cannot hold");
    return scan;
  }
}

/** The orientation, tag 274 of the first directory of TIFF data; 1 if there is none that makes sense. */
function exifOrientation(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 10) return 1;
  const isLittle = tiff[0] === 0x49;
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > tiff.length) return 1;
  const count = view.getUint16(directory, isLittle);
  for (let at = directory + 2; at < directory + 2 + 12 * count && at + 12 <= tiff.length; at += 12) {
    if (view.getUint16(at, isLittle) !== 274) continue;
    const orientation = view.getUint16(at + 8, isLittle);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}
