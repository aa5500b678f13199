export type { SafetensorsDtype } from "./dtype.js";
export { encodeSafetensors, type SafetensorsWriteOptions } from "./encode-safetensors.js";
export type { SafetensorsEntry } from "./header.js";
export { layOutSafetensors, type SafetensorsLayout, type SafetensorsMetadata } from "./lay-out.js";
export { openSafetensors, type SafetensorsFile } from "./open-safetensors.js";
export { parseSafetensors, type SafetensorsContents, type SafetensorsTensor } from "./parse-safetensors.js";
export type { SafetensorsErrorCode } from "./safetensors-error.js";
export { writeSafetensors, type SafetensorsSource } from "./write-safetensors.js";
