import { SnapfitError } from "@snapfit/base";

/** Codes of the readers of NPY and NPZ files. */
export type NpyErrorCode = "NPY_MALFORMED" | "NPY_OTHER" | "NPY_VALUE";

/** An error of a reader of NPY or NPZ files. @param what what was found and what was expected, without a full stop. */
export function npyFault(code: NpyErrorCode, file: string, what: string, remedy: string, cause?: unknown): SnapfitError<NpyErrorCode> {
  return new SnapfitError(code, `${file}: ${what}. ${remedy}`, cause === undefined ? undefined : { cause });
}

/** The error of damaged data at a byte. */
export function npyMalformed(file: string, byte: number, what: string, cause?: unknown): SnapfitError<NpyErrorCode> {
  return npyFault("NPY_MALFORMED", `${file}, byte ${byte}`, what, "Write the file again.", cause);
}
