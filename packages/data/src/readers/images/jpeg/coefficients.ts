import type { BitReader, HuffmanTable } from "./huffman.js";
import type { ScanPart } from "./read-planes.js";
import type { JpegScan } from "./jpeg-segments.js";

const diagonal = (position: number): number => (position >> 3) + (position & 7);

/** Positions in a block, row by row, of the coefficients in the order of the file: along diagonals, up and down in turn (T.81, figure A.6). */
export const ZIGZAG = Uint8Array.from({ length: 64 }, (_, position) => position).sort(
  (a, b) => diagonal(a) - diagonal(b) || (diagonal(a) % 2 === 0 ? b - a : a - b),
);

/** Blocks that have nothing more in this scan. */
interface Run {
  left: number;
}

/** Takes what a scan holds of one block, whose coefficients begin at `at`. @returns whether the bits are codes. */
export function readCoefficients(reader: BitReader, scan: JpegScan, part: ScanPart, at: number, run: Run): boolean {
  const { coefficients } = part.blocks;
  let isSound = true;
  if (scan.spectralStart === 0) {
    if (scan.high === 0) isSound = readDc(reader, part, at, scan.low);
    else if (reader.bits(1) === 1) coefficients[at]! |= 1 << scan.low;
  }
  if (!isSound || scan.spectralEnd === 0) return isSound;
  if (scan.high === 0) return readAc(reader, scan, part.ac!, coefficients, at, run);
  return refineAc(reader, scan, part.ac!, coefficients, at, run);
}

function readDc(reader: BitReader, part: ScanPart, at: number, low: number): boolean {
  const size = reader.symbol(part.dc!);
  if (size < 0 || size > 15) return false;
  part.lastDc += reader.signed(size);
  part.blocks.coefficients[at] = part.lastDc << low;
  return true;
}

/** T.81, F.2.2.2, and with runs of blocks G.1.2.2. */
function readAc(reader: BitReader, scan: JpegScan, table: HuffmanTable, coefficients: Int16Array, at: number, run: Run): boolean {
  if (run.left > 0) {
    run.left--;
    return true;
  }
  const last = scan.spectralEnd;
  for (let k = Math.max(1, scan.spectralStart); k <= last; k++) {
    const symbol = reader.symbol(table);
    if (symbol < 0) return false;
    const zeros = symbol >> 4;
    const size = symbol & 15;
    if (size > 0) {
      k += zeros;
      if (k > last) return false;
      coefficients[at + ZIGZAG[k]!] = reader.signed(size) << scan.low;
    } else if (zeros === 15) k += 15;
    else {
      run.left = (1 << zeros) - 1 + reader.bits(zeros);
      return true;
    }
  }
  return true;
}

/** One more bit of coefficients that earlier scans began (T.81, G.1.2.3). */
function refineAc(reader: BitReader, scan: JpegScan, table: HuffmanTable, coefficients: Int16Array, at: number, run: Run): boolean {
  const bit = 1 << scan.low;
  const last = scan.spectralEnd;
  let k = scan.spectralStart;
  while (k <= last && run.left === 0) {
    const symbol = reader.symbol(table);
    if (symbol < 0 || (symbol & 15) > 1) return false;
    let zeros = symbol >> 4;
    let value = 0;
    if ((symbol & 15) === 1) value = reader.bits(1) === 1 ? bit : -bit;
    else if (zeros < 15) {
      run.left = (1 << zeros) + reader.bits(zeros);
      break;
    }
    for (; k <= last; k++) {
      const position = at + ZIGZAG[k]!;
      if (coefficients[position] !== 0) refine(reader, coefficients, position, bit);
      else if (zeros === 0) {
        coefficients[position] = value;
        k++;
        break;
      } else zeros--;
    }
  }
  if (run.left === 0) return true;
  for (; k <= last; k++) {
    const position = at + ZIGZAG[k]!;
    if (coefficients[position] !== 0) refine(reader, coefficients, position, bit);
  }
  run.left--;
  return true;
}

function refine(reader: BitReader, coefficients: Int16Array, position: number, bit: number): void {
  const value = coefficients[position]!;
  if (reader.bits(1) === 1 && (Math.abs(value) & bit) === 0) coefficients[position] = value + (value > 0 ? bit : -bit);
}
