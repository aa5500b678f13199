import type { KernelTable } from "../kernel.js";
import { concatKernels } from "./concat.js";
import { cumulativeKernels } from "./cumulative.js";
import { fillKernels } from "./fill.js";
import { gatherKernels } from "./gather.js";
import { oneHotKernels } from "./one-hot.js";
import { padKernels } from "./pad.js";
import { resizeKernels } from "./resize.js";
import { scatterKernels } from "./scatter.js";
import { shapeKernels } from "./shape.js";
import { sliceKernels } from "./slice.js";
import { spaceKernels } from "./space.js";
import { tileKernels } from "./tile.js";
import { transposeKernels } from "./transpose.js";

/** Kernels that move values from place to place. */
export const dataMovementKernels: KernelTable = {
  ...transposeKernels,
  ...sliceKernels,
  ...concatKernels,
  ...padKernels,
  ...tileKernels,
  ...gatherKernels,
  ...scatterKernels,
  ...oneHotKernels,
  ...fillKernels,
  ...shapeKernels,
  ...spaceKernels,
  ...resizeKernels,
  ...cumulativeKernels,
};
