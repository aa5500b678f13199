import { inverseDct } from "./inverse-dct.js";
import { BitReader, type HuffmanTable } from "./huffman.js";
import { readCoefficients } from "./coefficients.js";
import type { JpegComponent, JpegFrame, JpegScan, JpegSegments } from "./jpeg-segments.js";

/** The samples of one component: whole blocks, of which the first `width` x `height` belong to the image. */
export interface JpegPlane {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly h: number;
  readonly v: number;
  readonly samples: Uint8Array;
}

/** A component while its scans are read. */
interface Blocks {
  /** Blocks side by side that belong to the image, and with those that fill up the units in which components are interleaved. */
  readonly columns: number;
  readonly rows: number;
  readonly stride: number;
  readonly plane: JpegPlane;
  readonly component: JpegComponent;
  /** All coefficients, where several scans add to them; one block else. */
  readonly coefficients: Int16Array;
  quantization: Uint16Array | undefined;
}

/** A part of a scan with all that its bits need. */
export interface ScanPart {
  readonly blocks: Blocks;
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
  lastDc: number;
}

/** A scan of a few bytes may go over the whole image: many of them are no image but an attack. */
const MOST_SCANS = 100;

/** Decodes all scans of a JPEG whose header was read up to `first`. */
export function readPlanes(bytes: Uint8Array, segments: JpegSegments, first: JpegScan): JpegPlane[] {
  const frame = segments.frame!;
  const [maxH, maxV] = [Math.max(...frame.components.map(({ h }) => h)), Math.max(...frame.components.map(({ v }) => v))];
  const [unitsX, unitsY] = [Math.ceil(frame.width / 8 / maxH), Math.ceil(frame.height / 8 / maxV)];
  // Each block takes a bit at least: a header that tells of more than the file can hold must not make room for it.
  const numBlocks = frame.components.reduce(
    (sum, { h, v }) => sum + blocksAlong(frame.width, h, maxH) * blocksAlong(frame.height, v, maxV),
    0,
  );
  if (numBlocks > 8 * (bytes.length - first.start))
    throw segments.fault(bytes.length, `the file ends, but ${frame.width} x ${frame.height} pixels need more bytes`, "truncated");
  const all = frame.components.map((component) => makeBlocks(frame, component, maxH, maxV, unitsX, unitsY));
  let numScans = 0;
  for (let scan: JpegScan | undefined = first; scan; scan = segments.nextScan()) {
    if (++numScans > MOST_SCANS)
      throw segments.fault(scan.start, `there are more than ${MOST_SCANS} scans; progressive JPEGs have about ten`);
    const parts = scan.parts.map(({ component, dc, ac }) => {
      const blocks = all[component]!;
      blocks.quantization ??= segments.quantization[blocks.component.quantization];
      return { blocks, dc: segments.dcTables[dc], ac: segments.acTables[ac], lastDc: 0 };
    });
    checkTables(segments, scan, parts);
    readScan(bytes, segments, scan, parts, unitsX, unitsY);
  }
  return all.map((blocks) => {
    if (!blocks.quantization) throw segments.fault(bytes.length, `there is no scan of component ${blocks.component.id}`);
    if (frame.isProgressive) transformAll(blocks, blocks.quantization);
    return blocks.plane;
  });
}

/** Blocks of a component side by side. */
function blocksAlong(size: number, factor: number, maxFactor: number): number {
  return Math.ceil(Math.ceil((size * factor) / maxFactor) / 8);
}

function makeBlocks(frame: JpegFrame, component: JpegComponent, maxH: number, maxV: number, unitsX: number, unitsY: number): Blocks {
  const { h, v } = component;
  const [width, height] = [Math.ceil((frame.width * h) / maxH), Math.ceil((frame.height * v) / maxV)];
  const [stride, strideRows] = [unitsX * h, unitsY * v];
  return {
    columns: blocksAlong(frame.width, h, maxH),
    rows: blocksAlong(frame.height, v, maxV),
    stride,
    component,
    coefficients: new Int16Array(frame.isProgressive ? stride * strideRows * 64 : 64),
    quantization: undefined,
    plane: { width, height, stride: stride * 8, h, v, samples: new Uint8Array(stride * strideRows * 64) },
  };
}

function checkTables(segments: JpegSegments, scan: JpegScan, parts: readonly ScanPart[]): void {
  const needsDc = scan.spectralStart === 0 && scan.high === 0;
  const needsAc = scan.spectralEnd > 0;
  for (const { blocks, dc, ac } of parts) {
    if (!blocks.quantization || (needsDc && !dc) || (needsAc && !ac))
      throw segments.fault(scan.start, "a scan needs a quantization or Huffman table that the file has not set");
  }
}

function readScan(
  bytes: Uint8Array,
  segments: JpegSegments,
  scan: JpegScan,
  parts: readonly ScanPart[],
  unitsX: number,
  unitsY: number,
): void {
  const reader = new BitReader(bytes, scan.start);
  const isProgressive = segments.frame!.isProgressive;
  const run = { left: 0 };
  const readBlock = (part: ScanPart, row: number, column: number): void => {
    const { blocks } = part;
    const at = isProgressive ? 64 * (row * blocks.stride + column) : 0;
    if (!isProgressive) blocks.coefficients.fill(0);
    if (!readCoefficients(reader, scan, part, at, run)) throw segments.fault(reader.position, "there are bits that are no code");
    if (!isProgressive)
      inverseDct(
        blocks.coefficients,
        0,
        blocks.quantization!,
        blocks.plane.samples,
        8 * (row * blocks.plane.stride + column),
        blocks.plane.stride,
      );
  };
  // With one component, its own blocks follow each other; with several, units that hold h x v blocks of each (T.81, A.2).
  const single = parts.length === 1 ? parts[0] : undefined;
  const width = single ? single.blocks.columns : unitsX;
  const numUnits = width * (single ? single.blocks.rows : unitsY);
  for (let unit = 0; unit < numUnits; unit++) {
    if (segments.restartInterval > 0 && unit > 0 && unit % segments.restartInterval === 0) restart(bytes, segments, reader, parts, run);
    const row = Math.floor(unit / width);
    const column = unit % width;
    if (single) readBlock(single, row, column);
    else {
      for (const part of parts) {
        const { h, v } = part.blocks.component;
        for (let y = 0; y < v; y++) for (let x = 0; x < h; x++) readBlock(part, row * v + y, column * h + x);
      }
    }
    if (reader.isOverrun) {
      const isEnd = reader.position + 1 >= bytes.length;
      throw segments.fault(
        reader.position,
        `the data of a scan end ${isEnd ? "with the file" : "at a marker"}, after ${unit} of ${numUnits} units`,
        isEnd ? "truncated" : "damaged",
      );
    }
  }
  segments.position = reader.position;
}

function restart(bytes: Uint8Array, segments: JpegSegments, reader: BitReader, parts: readonly ScanPart[], run: { left: number }): void {
  reader.align();
  let at = reader.position;
  while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
  const marker = bytes[at + 1]!;
  if (at + 1 >= bytes.length) throw segments.fault(bytes.length, "the file ends before a restart marker", "truncated");
  if (bytes[at] !== 0xff || marker < 0xd0 || marker > 0xd7) throw segments.fault(at, "there is no restart marker, but one is due");
  reader.position = at + 2;
  run.left = 0;
  for (const part of parts) part.lastDc = 0;
}

function transformAll({ rows, columns, stride, coefficients, plane }: Blocks, quantization: Uint16Array): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      inverseDct(coefficients, 64 * (row * stride + column), quantization, plane.samples, 8 * (row * plane.stride + column), plane.stride);
  }
}
