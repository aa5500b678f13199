export { NeptuneLogger, type NeptuneMembers } from "./neptune-logger.js";
export type { NeptuneErrorCode, NeptuneMode, NeptuneOptions, NeptuneSettings } from "./neptune-options.js";
