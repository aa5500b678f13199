export { SnapfitError } from "./snapfit-error.js";
export { copyArray, forgetRecycledArrays, recycleArrays } from "./array-pool.js";
export { equalStates } from "./equal-states.js";
export { checkOption, checkOptions, checkSetting, checkSettings, shown, type OptionCheck, type OptionChecks } from "./check-options.js";
export { hostTensor, isHostTensor, type HostData, type HostDType, type HostTensor, type ShapeOf } from "./host-tensor.js";
export { inProcessGroups } from "./in-process-group.js";
export type { Loader } from "./loader.js";
export { MemoryStorage } from "./memory-storage.js";
export type { HostOutputs, Metric } from "./metric.js";
export { migrateState } from "./migrate-state.js";
export { nearestName } from "./nearest-name.js";
export {
  anyFunction,
  anyNumber,
  anyObject,
  either,
  folder,
  fraction,
  listOf,
  numberAbove,
  numberFrom,
  oneOf,
  text,
  trueOrFalse,
  wholeNumberFrom,
} from "./option-rules.js";
export { parseState } from "./parse-state.js";
export type { ProcessGroup, ReducibleArray, ReduceOp } from "./process-group.js";
export { RandomStream, type RandomStreamState } from "./random-stream.js";
export { soloGroup } from "./solo-group.js";
export { isStateTensor } from "./state-array.js";
export type { StateArray, StateLeaf, StateRecord, StateTree } from "./state-tree.js";
export type { ByteRange, StorageErrorCode } from "./storage-error.js";
export type { Storage, StorageEntry } from "./storage.js";
export type { StreamKey } from "./stream-key.js";
export { stringifyState } from "./stringify-state.js";
export { threefry2x32 } from "./threefry.js";
