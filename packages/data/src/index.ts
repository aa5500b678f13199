export { arrays, type ArraySet, type Column, type ColumnsBatch, type ColumnsSample } from "./arrays.js";
export { collate, type Collated } from "./collate.js";
export { DataLoader } from "./data-loader.js";
export { loader, type LoaderOptions, type PlainOptions, type SampleOptions } from "./loader.js";
export type { TransformContext } from "./make-batches.js";
export type { BatchAccess, RandomAccess } from "./random-access.js";
export { split, type SplitOptions } from "./split.js";
export { subset } from "./subset.js";
