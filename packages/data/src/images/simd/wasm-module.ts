/** Bytes of WebAssembly, nested as they were put together. */
export type Code = readonly (number | Code)[];

/** A function of a module. It takes int32 parameters and returns nothing. */
export interface WasmFunction {
  readonly numParameters: number;
  /** Local variables after the parameters: first int32, then 128-bit vectors. */
  readonly numIntegers: number;
  readonly numVectors: number;
  readonly body: Code;
}

const INT32 = 0x7f;
const VECTOR = 0x7b;

/** An unsigned number in LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** A signed number in LEB128. */
function signed(value: number): number[] {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

const vectorOperation = (code: number): number[] => [0xfd, ...unsigned(code)];

/** Instructions, by the names of the specification. @see WebAssembly core specification 2.0, section 5.4 */
export const wasm = {
  get: (local: number): Code => [0x20, local],
  set: (local: number): Code => [0x21, local],
  tee: (local: number): Code => [0x22, local],
  constant: (value: number): Code => [0x41, signed(value)],
  load32: [0x28, 2, 0],
  add: [0x6a],
  subtract: [0x6b],
  isLess: [0x48],
  /** Runs its body again while the int32 that it leaves is not 0. */
  repeat: (...body: Code[]): Code => [0x03, 0x40, body, 0x0d, 0, 0x0b],
  vector: {
    load: [vectorOperation(0x00), 0, 0],
    /** One int32 in all four lanes. */
    load32Splat: [vectorOperation(0x09), 2, 0],
    /** Four bytes, the other twelve are 0. */
    load32Zero: [vectorOperation(0x5c), 0, 0],
    store: [vectorOperation(0x0b), 0, 0],
    /** The first four bytes. */
    storeFirst32: [vectorOperation(0x5a), 0, 0, 0],
    splat32: vectorOperation(0x11),
    bytesToInt16Low: vectorOperation(0x89),
    bytesToInt16High: vectorOperation(0x8a),
    int16ToInt32Low: vectorOperation(0xa9),
    int16ToInt32High: vectorOperation(0xaa),
    int32ToInt16: vectorOperation(0x85),
    int16ToBytes: vectorOperation(0x66),
    add32: vectorOperation(0xae),
    multiply32: vectorOperation(0xb5),
    shiftRight32: vectorOperation(0xac),
  },
} as const;

/** A module that exports these functions and imports its memory as `host.memory`. */
export function wasmModule(functions: Readonly<Record<string, WasmFunction>>): Uint8Array<ArrayBuffer> {
  const all = Object.entries(functions);
  const types = all.map(([, { numParameters }]) => [0x60, list(Array.from({ length: numParameters }, () => INT32)), list([])]);
  const bodies = all.map(([, { numIntegers, numVectors, body }]) => {
    const locals = list([
      [unsigned(numIntegers), INT32],
      [unsigned(numVectors), VECTOR],
    ]);
    return sized([locals, body, 0x0b]);
  });
  const code: Code = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    [1, sized(list(types))],
    [2, sized(list([[text("host"), text("memory"), 2, 0, 1]]))],
    [3, sized(list(all.map((_, index) => unsigned(index))))],
    [7, sized(list(all.map(([name], index) => [text(name), 0, unsigned(index)])))],
    [10, sized(list(bodies))],
  ];
  return Uint8Array.from(flatten(code));
}

function flatten(code: Code): number[] {
  return code.flatMap((item) => (typeof item === "number" ? item : flatten(item)));
}

function list(items: Code): Code {
  return [unsigned(items.length), items];
}

function sized(code: Code): Code {
  const bytes = flatten(code);
  return [unsigned(bytes.length), bytes];
}

function text(value: string): Code {
  return list(Array.from(value, (letter) => letter.charCodeAt(0)));
}
