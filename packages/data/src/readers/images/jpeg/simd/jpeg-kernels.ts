import { compiledOnce, type Kernels } from "../../../../wasm/wasm-module.js";
import { readUnits } from "./entropy-kernel.js";
import { transformBlocks } from "./inverse-dct-kernel.js";
import { colourRow, enlargeSums, sumRows } from "./row-kernels.js";

const functions = { readUnits, transformBlocks, sumRows, enlargeSums, colourRow };

export type JpegKernels = Kernels<keyof typeof functions>;

/** Undefined where there is no WebAssembly with vectors. */
export const jpegKernels = compiledOnce(functions);
