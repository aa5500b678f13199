import type { KernelTable } from "./kernel.js";
import { matMulKernels } from "./kernels/mat-mul.js";

/** Every kernel of ours. */
export const kernelTables: readonly KernelTable[] = [matMulKernels];
