import { Arena } from "../../../../wasm/arena.js";
import { ZIGZAG } from "../coefficients.js";
import type { BaselineComponent, BaselineScan } from "./baseline-scan.js";
import { BLOCK, COEFFICIENT_PLACES, packTable, STATE } from "./entropy-kernel.js";

/** A component, and the addresses of what belongs to it. */
export interface Plane {
  readonly component: BaselineComponent;
  /** int16 of one row of units: one row of blocks after the other. All 0. */
  readonly coefficients: number;
  /** Blocks side by side, with those that fill up the last unit. */
  readonly numColumns: number;
  /** int16, row by row. */
  readonly quantization: number;
  /** Rows of `stride` bytes. */
  readonly samples: number;
  readonly stride: number;
}

/** Addresses of all that decoding takes. */
export interface BaselineMemory {
  readonly arena: Arena;
  /** All of the memory. */
  readonly integers: Int32Array;
  readonly state: number;
  readonly blocks: number;
  readonly numBlocks: number;
  /** DC values of the components. */
  readonly lastDc: number;
  readonly places: number;
  readonly input: number;
  readonly planes: readonly Plane[];
}

/** Finds room for a scan, and puts its bytes and tables there. Undefined if that is too much, or more than `input` can hold: each block takes a bit at least. */
export function layOut(memory: WebAssembly.Memory, input: Uint8Array, scan: BaselineScan): BaselineMemory | undefined {
  const { components, unitsX, unitsY } = scan;
  const numBlocks = components.reduce((sum, { h, v }) => sum + h * v, 0);
  // Blocks take 64 bytes, their pixels up to twice as many; one row of units has coefficients too, and rows that are made longer.
  const size = input.length + numBlocks * unitsX * 64 * (3 * unitsY + 4) + 100_000;
  const arena = numBlocks * unitsX * unitsY > 8 * input.length ? undefined : Arena.ofSize(memory, size);
  if (arena === undefined) return undefined;
  const integers = new Int32Array(arena.bytes.buffer);
  const state = arena.put(new Int32Array(STATE.size / 4));
  const blocks = arena.reserve(numBlocks * BLOCK.size);
  const lastDc = arena.put(new Int32Array(components.length));
  const places = arena.put(COEFFICIENT_PLACES);
  const planes = components.map((component) => layOutPlane(arena, component, scan));
  let block = blocks / 4;
  for (const [i, { h, v, dc, ac }] of components.entries()) {
    const tables = [arena.put(packTable(dc)), arena.put(packTable(ac))] as const;
    for (let n = 0; n < h * v; n++, block += BLOCK.size / 4) {
      integers[block + BLOCK.dcTable / 4] = tables[0];
      integers[block + BLOCK.acTable / 4] = tables[1];
      integers[block + BLOCK.lastDc / 4] = lastDc + 4 * i;
      integers[block + BLOCK.step / 4] = h * 128;
    }
  }
  const start = arena.reserve(input.length + END_MARKER.length);
  arena.bytes.set(input, start);
  arena.bytes.set(END_MARKER, start + input.length);
  integers[(state + STATE.position) / 4] = start;
  return { arena, integers, state, blocks, numBlocks, lastDc, places, input: start, planes };
}

/** Stands behind bytes that end without one. */
const END_MARKER = [0xff, 0xd9];

function layOutPlane(arena: Arena, component: BaselineComponent, { unitsX, unitsY }: BaselineScan): Plane {
  const { h, v, quantization } = component;
  const numColumns = unitsX * h;
  const table = new Uint16Array(64);
  for (const [k, position] of ZIGZAG.entries()) table[position] = quantization[k]!;
  return {
    component,
    coefficients: arena.put(new Uint8Array(numColumns * v * 128)),
    numColumns,
    quantization: arena.put(table),
    samples: arena.reserve(numColumns * unitsY * v * 64),
    stride: numColumns * 8,
  };
}
