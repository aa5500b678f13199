import type { Box, Pixels } from "../pixels.js";
import { triangleWeights } from "../triangle-weights.js";
import { ROWS_TOGETHER, sumOfPixels, sumOfRows } from "./weighted-sum-kernels.js";
import { wasmModule } from "./wasm-module.js";

/** Larger images would leave too large a memory behind: WebAssembly's never shrinks. */
const MAX_BYTES = 64e6;
const PAGE_BYTES = 65_536;
/** After each row: the last pixel of a row is written as four bytes. */
const SPARE_BYTES = 4;

interface Kernels {
  readonly memory: WebAssembly.Memory;
  readonly sumOfPixels: (...parameters: number[]) => void;
  readonly sumOfRows: (...parameters: number[]) => void;
}

/** Undefined before the first image, null where there is no WebAssembly with vectors. */
let kernels: Kernels | null | undefined;

/**
 * Resamples bytes of up to 4 channels with the processor's vector instructions: the bits of `SumOfBytes`, four times as fast.
 * Undefined where it cannot: without WebAssembly's vectors, or for an image of more than 64 MB.
 */
export function resampleBytes(pixels: Pixels, box: Box, height: number, width: number): Pixels | undefined {
  const { data, channels, width: inputWidth } = pixels;
  const numRows = box.height;
  const size = (numRows * (inputWidth + width) + height * width) * channels + numRows * SPARE_BYTES;
  if (!(data instanceof Uint8Array) || channels > 4 || height * width * numRows === 0 || size > MAX_BYTES) return undefined;
  kernels ??= compile();
  if (kernels === null) return undefined;
  const rows = triangleWeights(box.width, width);
  const columns = triangleWeights(numRows, height);
  const arena = new Arena(kernels.memory, size + 32 * (width + height) * Math.max(rows.taps, columns.taps));
  const rowLength = width * channels;
  const inputStride = inputWidth * channels;
  const wideStride = rowLength + SPARE_BYTES;
  const input = arena.put(data.subarray(box.top * inputStride, (box.top + numRows) * inputStride));
  const wide = arena.reserve(numRows * wideStride);
  const output = arena.reserve(height * rowLength);
  const starts = arena.put(rows.starts.map((start) => (box.left + start) * channels));
  const counts = arena.put(rows.counts);
  const rowWeights = arena.put(rows.fixed);
  const columnWeights = arena.put(columns.fixed);
  const together = numRows < ROWS_TOGETHER ? 1 : ROWS_TOGETHER;
  const strides = together === 1 ? [0, 0] : [inputStride, wideStride]; // of few rows each by itself, four times the same
  for (let y = 0; y < numRows; y += together) {
    const first = Math.min(y, numRows - together);
    const [from, to] = [input + first * inputStride, wide + first * wideStride];
    kernels.sumOfPixels(from, to, width, channels, starts, counts, rowWeights, rows.taps * 4, ...strides);
  }
  // In order: what is written beyond the end of a row, the next one overwrites.
  for (let y = 0; y < height; y++) {
    const from = wide + columns.starts[y]! * wideStride;
    const weights = columnWeights + y * columns.taps * 4;
    kernels.sumOfRows(from, output + y * rowLength, rowLength, wideStride, columns.counts[y]!, weights);
  }
  return { height, width, channels, data: arena.take(output, height * rowLength) };
}

function compile(): Kernels | null {
  try {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const module = new WebAssembly.Module(wasmModule({ sumOfPixels: sumOfPixels(), sumOfRows: sumOfRows() }));
    const { exports } = new WebAssembly.Instance(module, { host: { memory } });
    return { memory, ...(exports as unknown as Omit<Kernels, "memory">) };
  } catch {
    return null; // an old engine, or a page whose policy forbids it
  }
}

/** Room in a memory, piece after piece, each with some bytes to spare for reads and writes of whole vectors. */
class Arena {
  readonly #bytes: Uint8Array;
  #next = 0;

  constructor(memory: WebAssembly.Memory, sizeBytes: number) {
    const missing = sizeBytes + 1024 - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /** @returns where the piece begins */
  reserve(sizeBytes: number): number {
    const start = this.#next;
    this.#next = (start + sizeBytes + 31) & ~15;
    return start;
  }

  put(array: Uint8Array | Int32Array): number {
    const start = this.reserve(array.byteLength);
    this.#bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start);
    return start;
  }

  take(start: number, length: number): Uint8Array {
    return this.#bytes.slice(start, start + length);
  }
}
