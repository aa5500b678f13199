export type { DecodedSet, Decoder, DecoderModule } from "./decoded-set.js";
export type { BadSample, BadSamples } from "./loaders/bad-sample.js";
export { collate, type Collated } from "./loaders/collate.js";
export { DataLoader } from "./loaders/data-loader.js";
export {
  loader,
  type BatchOptions,
  type CollateOptions,
  type DecodedOptions,
  type LoaderOptions,
  type ModuleOptions,
  type OrderOptions,
  type PlainOptions,
  type SampleOptions,
} from "./loaders/loader.js";
export type { BatchContext, TransformContext } from "./loaders/make-batches.js";
export { padded, type PaddedArrays, type PaddedBatch, type PadOptions } from "./loaders/padded.js";
export { StreamLoader, type StreamSource } from "./loaders/stream-loader.js";
export { stream, type StreamModuleOptions, type StreamOptions } from "./loaders/stream.js";
export type { BatchAccess, RandomAccess } from "./random-access.js";
export { decodeImage, type DecodeImageOptions, type ImageDecoder, type ImageTensor } from "./readers/images/decode-image.js";
export { parseIdx, type IdxDType, type IdxOptions } from "./readers/parse-idx.js";
export { lengthSampler, type LengthSamplerOptions } from "./samplers/length-sampler.js";
export type { PassOrder, Sampler } from "./samplers/sampler.js";
export { stratifiedSampler } from "./samplers/stratified-sampler.js";
export { subsetSampler } from "./samplers/subset-sampler.js";
export { weightedSampler, type WeightedSamplerOptions } from "./samplers/weighted-sampler.js";
export { arrays, type ArraySet, type Column, type ColumnsBatch, type ColumnsSample } from "./sets/arrays.js";
export { cache, type CacheOptions } from "./sets/cache.js";
export { concat } from "./sets/concat.js";
export { filterSet, type Condition } from "./sets/filter-set.js";
export { kFold, type Fold, type KFoldOptions } from "./sets/k-fold.js";
export { mapSet } from "./sets/map-set.js";
export { split, type SplitOptions } from "./sets/split.js";
export { subset } from "./sets/subset.js";
export type { NpyArray, NpyDType } from "./readers/numpy/npy-values.js";
export { parseNpy, type NpyOptions } from "./readers/numpy/parse-npy.js";
export { parseNpz, type NpzArrays, type NpzOptions, type NpzTensors } from "./readers/numpy/parse-npz.js";
export { parseJsonl, parseJsonlStream } from "./readers/jsonl/parse-jsonl.js";
export { parseCsvStream, type CsvStreamOptions, type StreamColumns } from "./readers/table/parse-csv-stream.js";
export { parseCsv, type CsvOptions } from "./readers/table/parse-csv.js";
export type { ColumnData, Table, TableColumn, TableColumns } from "./readers/table/read-column.js";
export type { TextChunks, TextEncoding } from "./readers/text/decode-text.js";
export { fromTfData, type TfDataItem, type TfDataset } from "./readers/from-tf-data.js";
