import { SnapfitError } from "@snapfit/base";

/** What can go wrong with W&B; `code` of the SnapfitError. */
export type WandBErrorCode = "LOG_DAMAGED" | "OPTION_INVALID" | "OPTION_UNKNOWN" | "SWEEP_INVALID";

export function wandbError(code: WandBErrorCode, message: string, cause?: unknown): SnapfitError<WandBErrorCode> {
  return new SnapfitError(code, message, cause === undefined ? {} : { cause });
}
