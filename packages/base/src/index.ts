export { SnapfitError } from "./snapfit-error.js";
export { hostTensor, isHostTensor, type HostData, type HostDType, type HostTensor, type ShapeOf } from "./host-tensor.js";
export type { Loader } from "./loader.js";
export type { HostOutputs, Metric } from "./metric.js";
export type { ProcessGroup, ReducibleArray, ReduceOp } from "./process-group.js";
export type { StateArray, StateLeaf, StateRecord, StateTree } from "./state-tree.js";
export type { Storage, StorageEntry } from "./storage.js";
