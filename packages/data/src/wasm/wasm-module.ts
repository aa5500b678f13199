import { flatten, list, sized, text, unsigned, type Code } from "./code.js";

/** A variable of a function: the code that reads it. */
export type Local = readonly [read: 0x20, index: number];

/** A function of a module. It takes int32 parameters and returns nothing. */
export interface WasmFunction {
  readonly numParameters: number;
  /** The variables after the parameters: how many of each type, in this order. */
  readonly variables: readonly (readonly [count: number, type: number])[];
  readonly body: Code;
}

/** Names of a function's parameters, and of its variables by type. */
interface Names<Parameter extends string, Integer extends string, Long extends string, Vector extends string> {
  readonly parameters: readonly Parameter[];
  readonly integers?: readonly Integer[];
  readonly longs?: readonly Long[];
  readonly vectors?: readonly Vector[];
}

const INT32 = 0x7f;
const INT64 = 0x7e;
const VECTOR = 0x7b;

/** @param body makes the code from the variables, which are 0 at first */
export function wasmFunction<P extends string, I extends string = never, L extends string = never, V extends string = never>(
  { parameters, integers = [], longs = [], vectors = [] }: Names<P, I, L, V>,
  body: (locals: Readonly<Record<P | I | L | V, Local>>) => Code,
): WasmFunction {
  const names = [...parameters, ...integers, ...longs, ...vectors];
  const locals = Object.fromEntries(names.map((name, index): [string, Local] => [name, [0x20, index]]));
  return {
    numParameters: parameters.length,
    variables: [
      [integers.length, INT32],
      [longs.length, INT64],
      [vectors.length, VECTOR],
    ],
    body: body(locals as Record<P | I | L | V, Local>),
  };
}

/** A module that exports these functions and imports its memory as `host.memory`. */
function wasmModule(functions: Readonly<Record<string, () => WasmFunction>>): Uint8Array<ArrayBuffer> {
  const all = Object.entries(functions).map(([name, make]) => [name, make()] as const);
  const types = all.map(([, { numParameters }]) => [0x60, list(Array.from({ length: numParameters }, () => INT32)), list([])]);
  const bodies = all.map(([, { variables, body }]) => sized([list(variables.map(([count, type]) => [unsigned(count), type])), body, 0x0b]));
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

/** Functions that are compiled, and their memory. */
export interface Kernels<Name extends string> {
  readonly memory: WebAssembly.Memory;
  readonly run: Readonly<Record<Name, (...parameters: number[]) => void>>;
}

/** Compiles a module at the first call. The function's result is undefined in an old engine, or in a page whose policy forbids it. */
export function compiledOnce<Name extends string>(functions: Readonly<Record<Name, () => WasmFunction>>): () => Kernels<Name> | undefined {
  let kernels: Kernels<Name> | undefined;
  let isTried = false;
  return () => {
    if (!isTried) kernels = compiled(functions);
    isTried = true;
    return kernels;
  };
}

function compiled<Name extends string>(functions: Readonly<Record<Name, () => WasmFunction>>): Kernels<Name> | undefined {
  try {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(wasmModule(functions)), { host: { memory } });
    return { memory, run: instance.exports as Kernels<Name>["run"] };
  } catch {
    return undefined;
  }
}
