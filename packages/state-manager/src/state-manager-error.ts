import { SnapfitError } from "@snapfit/base";

/** What can go wrong with checkpoints; `code` of the SnapfitError. */
export type StateManagerErrorCode =
  | "BEST_MONITOR"
  | "CHECKPOINT_DAMAGED"
  | "CHECKPOINT_VERSION"
  | "DIRECTORY_LOCKED"
  | "NO_CHECKPOINT"
  | "NO_MODEL"
  | "NOT_A_LAYERS_MODEL"
  | "OPTION_INVALID"
  | "OPTION_UNKNOWN"
  | "SAVE_FAILED"
  | "STATE_NOT_FINITE";

export function stateManagerError(code: StateManagerErrorCode, message: string, cause?: unknown): SnapfitError<StateManagerErrorCode> {
  return new SnapfitError(code, message, cause === undefined ? {} : { cause });
}
