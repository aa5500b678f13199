import type { HuffmanTable } from "../huffman.js";
import { isYcc } from "../join-planes.js";
import type { JpegScan, JpegSegments } from "../jpeg-segments.js";

/** A component of an image whose scan holds all components. */
export interface BaselineComponent {
  /** Blocks of a unit side by side, and one below the other. */
  readonly h: number;
  readonly v: number;
  readonly dc: HuffmanTable;
  readonly ac: HuffmanTable;
  readonly quantization: Uint16Array;
}

/** A baseline JPEG that has one scan: luma alone, or luma and two chromas. */
export interface BaselineScan {
  readonly width: number;
  readonly height: number;
  /** Position of the first byte of its bits. */
  readonly start: number;
  /** Units side by side, and one below the other. */
  readonly unitsX: number;
  readonly unitsY: number;
  /** Units from one restart marker to the next, or 0. */
  readonly restartInterval: number;
  readonly components: readonly BaselineComponent[];
  /** Pixels of a sample of chroma side by side, and one below the other: 1 and 1, 2 and 1, or 2 and 2. */
  readonly chromaX: number;
  readonly chromaY: number;
}

/** Of a Huffman table that the kernel has room for; there are no more bytes that a symbol can be. */
const MOST_SYMBOLS = 256;

/** What there is to decode; undefined if the JPEG is another one. */
export function baselineScan(segments: JpegSegments, { start, parts }: JpegScan): BaselineScan | undefined {
  const { frame, restartInterval, quantization, dcTables, acTables } = segments;
  const { width, height, isProgressive } = frame!;
  const isGrey = frame!.components.length === 1;
  const sampled = frame!.components.map((component) => (isGrey ? { ...component, h: 1, v: 1 } : component));
  const [luma, blue, red] = sampled;
  const [chromaX, chromaY] = blue ? [luma!.h / blue.h, luma!.v / blue.v] : [1, 1];
  // Narrow rows are enlarged in another way.
  const isKnown = chromaX === 1 ? chromaY === 1 : chromaX === 2 && (chromaY === 1 || chromaY === 2) && width > 4;
  const isWhole = parts.length === sampled.length && parts.every(({ component }, i) => component === i);
  if (isProgressive || !isKnown || !isWhole || blue?.h !== red?.h || blue?.v !== red?.v) return undefined;
  if (!isGrey && !(sampled.length === 3 && isYcc(segments))) return undefined;
  const components: BaselineComponent[] = [];
  for (const [i, part] of parts.entries()) {
    const [dc, ac, table] = [dcTables[part.dc], acTables[part.ac], quantization[sampled[i]!.quantization]];
    if (!dc || !ac || !table || dc.symbols.some((size) => size > 15)) return undefined;
    if (dc.symbols.length > MOST_SYMBOLS || ac.symbols.length > MOST_SYMBOLS) return undefined;
    components.push({ h: sampled[i]!.h, v: sampled[i]!.v, dc, ac, quantization: table });
  }
  const [unitsX, unitsY] = [Math.ceil(width / 8 / luma!.h), Math.ceil(height / 8 / luma!.v)];
  return { width, height, start, unitsX, unitsY, restartInterval, components, chromaX, chromaY };
}
