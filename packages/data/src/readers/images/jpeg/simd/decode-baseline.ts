import type { JpegSegments } from "../jpeg-segments.js";
import type { BaselineScan } from "./baseline-scan.js";
import { layOut, type BaselineMemory } from "./baseline-memory.js";
import { BLOCK, STATE } from "./entropy-kernel.js";
import { jpegKernels, type JpegKernels } from "./jpeg-kernels.js";
import { colourPixels, greyPixels } from "./plane-pixels.js";

/**
 * Decodes a baseline JPEG with the processor's vector instructions: the bits of `joinPlanes(readPlanes())`, ten times as fast.
 * Undefined if it is damaged or has more scans, where there are no such instructions, and for work of more than 64 MB.
 */
export function decodeBaseline(bytes: Uint8Array, segments: JpegSegments, scan: BaselineScan): Uint8Array | undefined {
  const kernels = jpegKernels();
  const memory = kernels && layOut(kernels.memory, bytes.subarray(scan.start), scan);
  if (!memory || !readScan(kernels, scan, memory)) return undefined;
  const { integers, state, input } = memory;
  segments.position = scan.start + integers[(state + STATE.position) / 4]! - input;
  if (segments.nextScan() !== undefined) return undefined;
  return memory.planes.length === 1 ? greyPixels(scan, memory) : colourPixels(kernels, scan, memory);
}

/** Makes the samples of all planes. @returns whether the scan is whole. */
function readScan({ run }: JpegKernels, scan: BaselineScan, memory: BaselineMemory): boolean {
  const { unitsX, unitsY, restartInterval } = scan;
  const { integers, state, blocks, numBlocks, places, planes } = memory;
  let numRead = 0;
  for (let row = 0; row < unitsY; row++) {
    toFirstUnit(memory);
    for (let column = 0, count: number; column < unitsX; column += count, numRead += count) {
      const numToRestart = restartInterval > 0 ? restartInterval - (numRead % restartInterval) : Infinity;
      if (numToRestart === restartInterval && numRead > 0 && !restart(memory)) return false;
      count = Math.min(unitsX - column, numToRestart);
      run.readUnits(state, blocks, numBlocks, count, places);
      const isOverrun = integers[(state + STATE.numInvented) / 4]! > integers[(state + STATE.numBits) / 4]!;
      if (isOverrun || integers[(state + STATE.isFaulty) / 4] !== 0) return false;
    }
    for (const { component, coefficients, numColumns, quantization, samples, stride } of planes) {
      for (let y = 0; y < component.v; y++) {
        const top = (row * component.v + y) * 8;
        run.transformBlocks(coefficients + y * numColumns * 128, quantization, samples + top * stride, stride, numColumns);
      }
    }
  }
  return true;
}

/** The coefficients of the next unit are the first of their rows. */
function toFirstUnit({ integers, blocks, planes }: BaselineMemory): void {
  let block = blocks / 4;
  for (const { component, coefficients, numColumns } of planes) {
    for (let y = 0; y < component.v; y++) {
      for (let x = 0; x < component.h; x++, block += BLOCK.size / 4)
        integers[block + BLOCK.coefficients / 4] = coefficients + (y * numColumns + x) * 128;
    }
  }
}

/** Goes on behind a restart marker. @returns whether there is one. */
function restart({ arena, integers, state, lastDc, planes }: BaselineMemory): boolean {
  let at = integers[(state + STATE.position) / 4]!;
  while (arena.bytes[at + 1] === 0xff) at++;
  const marker = arena.bytes[at + 1]!;
  if (arena.bytes[at] !== 0xff || marker < 0xd0 || marker > 0xd7) return false;
  integers.fill(0, state / 4, (state + STATE.size) / 4);
  integers.fill(0, lastDc / 4, lastDc / 4 + planes.length);
  integers[(state + STATE.position) / 4] = at + 2;
  return true;
}
