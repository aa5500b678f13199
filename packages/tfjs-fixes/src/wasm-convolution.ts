import type * as tf from "@tensorflow/tfjs";
import { gatherColumns, scatterColumns } from "./convolution-columns.js";
import { asMatrix, multiply, transpose, type WasmBackend } from "./heap-matrix.js";
import { numPositions, numTaps, type SlidingWindow } from "./sliding-window.js";

/** Largest number of values of unrolled input held at once: 32 MiB. */
const maxColumnValues = 2 ** 23;

/** The window over part of the batch, with the place of that part in the input and output, in elements without channels. */
interface Chunk {
  readonly window: SlidingWindow;
  readonly firstPixel: number;
  readonly firstPosition: number;
}

function chunksOf(window: SlidingWindow, inChannels: number): Chunk[] {
  const positionsPerSample = numPositions({ ...window, batch: 1 });
  const pixelsPerSample = window.input[0] * window.input[1] * window.input[2];
  const size = Math.max(1, Math.floor(maxColumnValues / (positionsPerSample * numTaps(window) * inChannels)));
  return Array.from({ length: Math.ceil(window.batch / size) }, (_, i) => ({
    window: { ...window, batch: Math.min(size, window.batch - i * size) },
    firstPixel: i * size * pixelsPerSample,
    firstPosition: i * size * positionsPerSample,
  }));
}

/** The rows of `dy` that belong to a chunk, copied unless the chunk is all there is. */
function chunkOfGradient(
  backend: WasmBackend,
  dy: tf.TensorInfo,
  chunk: Chunk,
  outChannels: number,
): { matrix: tf.TensorInfo; isCopy: boolean } {
  const rows = numPositions(chunk.window);
  const isCopy = chunk.window.batch !== dy.shape[0];
  if (!isCopy) return { matrix: asMatrix(dy, rows, outChannels), isCopy };
  const matrix = backend.makeOutput([rows, outChannels], "float32");
  const first = chunk.firstPosition * outChannels;
  const source = backend.typedArrayFromHeap(dy).subarray(first, first + rows * outChannels);
  backend.typedArrayFromHeap(matrix).set(source);
  return { matrix, isCopy };
}

/**
 * Gradient of a convolution for its input, on the wasm heap: dy times the transposed filter, added up where windows overlap.
 * @param dy `[batch, …, outChannels]` @param filter `[…, inChannels, outChannels]` @returns of shape `inputShape`; the caller disposes it.
 */
export function convolutionInputGradient(
  backend: WasmBackend,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  inputShape: readonly number[],
  window: SlidingWindow,
): tf.TensorInfo {
  const [inChannels, outChannels] = filter.shape.slice(-2) as [number, number];
  const dx = backend.makeOutput(inputShape, "float32");
  backend.typedArrayFromHeap(dx).fill(0);
  const filterTransposed = transpose(backend, asMatrix(filter, numTaps(window) * inChannels, outChannels));
  for (const chunk of chunksOf(window, inChannels)) {
    const { matrix, isCopy } = chunkOfGradient(backend, dy, chunk, outChannels);
    const columns = multiply(backend, matrix, filterTransposed);
    const target = backend.typedArrayFromHeap(dx).subarray(chunk.firstPixel * inChannels);
    scatterColumns(target, backend.typedArrayFromHeap(columns), chunk.window, inChannels);
    backend.disposeData(columns.dataId);
    if (isCopy) backend.disposeData(matrix.dataId);
  }
  backend.disposeData(filterTransposed.dataId);
  return dx;
}

/**
 * Gradient of a convolution for its filter, on the wasm heap: transposed dy times the unrolled input, transposed back.
 * @param x `[batch, …, inChannels]` @param dy `[batch, …, outChannels]` @returns of shape `filterShape`; the caller disposes it.
 */
export function convolutionFilterGradient(
  backend: WasmBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  filterShape: readonly number[],
  window: SlidingWindow,
): tf.TensorInfo {
  const [inChannels, outChannels] = filterShape.slice(-2) as [number, number];
  const rowSize = numTaps(window) * inChannels;
  const gradient = backend.makeOutput(filterShape, "float32");
  backend.typedArrayFromHeap(gradient).fill(0);
  for (const chunk of chunksOf(window, inChannels)) {
    const { matrix, isCopy } = chunkOfGradient(backend, dy, chunk, outChannels);
    const matrixTransposed = transpose(backend, matrix);
    const columns = backend.makeOutput([numPositions(chunk.window), rowSize], "float32");
    const source = backend.typedArrayFromHeap(x).subarray(chunk.firstPixel * inChannels);
    gatherColumns(backend.typedArrayFromHeap(columns).fill(0), source, chunk.window, inChannels);
    const part = multiply(backend, matrixTransposed, columns);
    const partTransposed = transpose(backend, part);
    const sums = backend.typedArrayFromHeap(gradient);
    backend.typedArrayFromHeap(partTransposed).forEach((value, i) => (sums[i]! += value));
    for (const used of [matrixTransposed, columns, part, partTransposed, ...(isCopy ? [matrix] : [])]) backend.disposeData(used.dataId);
  }
  return gradient;
}
