export type { CheckpointInfo, CheckpointKind } from "./checkpoint.js";
export type { CheckpointFormat } from "./checkpoint-files.js";
export { openModel, type ModelFormat } from "./model-files.js";
export { StateManager, type SavedCheckpoint, type StateManagerMembers } from "./state-manager.js";
export type { StateManagerErrorCode } from "./state-manager-error.js";
export type { BestSettings, CheckpointNames, StateManagerOptions, StateManagerSettings } from "./state-manager-options.js";
