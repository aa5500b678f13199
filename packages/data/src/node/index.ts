export { imageDecoder } from "./image-decoder.js";
export { imageFolder, type ImageFile, type ImageFolder, type ImageFolderOptions, type ImageSample } from "./image-folder.js";
export { readCsv, streamCsv, type CsvFileOptions } from "./read-csv.js";
export { readIdx } from "./read-idx.js";
export { readImage } from "./read-image.js";
export { readNpy, readNpz } from "./read-npy.js";
export { streamJsonl } from "./stream-jsonl.js";
export { readParquet, type ParquetOptions } from "./read-parquet.js";
