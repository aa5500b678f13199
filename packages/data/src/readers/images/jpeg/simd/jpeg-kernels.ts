import { instantiate, type Kernels } from "../../../../wasm/wasm-module.js";
import { readUnits } from "./entropy-kernel.js";
import { transformBlocks } from "./inverse-dct-kernel.js";
import { colourRow, enlargeSums, sumRows } from "./row-kernels.js";

const functions = { readUnits, transformBlocks, sumRows, enlargeSums, colourRow };

export type JpegKernels = Kernels<keyof typeof functions>;

let kernels: JpegKernels | undefined;
let isTried = false;

/** Compiled when the first image comes; undefined where there is no WebAssembly with vectors. */
export function jpegKernels(): JpegKernels | undefined {
  if (!isTried) kernels = instantiate(functions);
  isTried = true;
  return kernels;
}
