import { SnapfitError } from "./snapfit-error.js";

/** What goes wrong with files: the codes that every {@link Storage} throws. */
export type StorageErrorCode = "NOT_FOUND" | "EXISTS" | "NO_SPACE" | "READ_ONLY" | "NO_PERMISSION" | "IO";

/** A part of a file. */
export type ByteRange = { readonly offset: number; readonly lengthBytes: number };

const EXPLANATIONS: Record<StorageErrorCode, string> = {
  NOT_FOUND: "nothing is there. Check the path.",
  EXISTS: "something is already there. Remove it first or choose another path.",
  NO_SPACE: "no space is left on the device. Free some, or choose another disk.",
  READ_ONLY: "the file system is read-only. Choose another folder.",
  NO_PERMISSION: "this user may not. Change the permissions or choose another folder.",
  IO: "the system refused.",
};

/**
 * The error of a file operation.
 * @param action a verb: `read`. @param detail why, where the code alone does not say it.
 */
export function storageError(
  code: StorageErrorCode,
  action: string,
  path: string,
  detail?: string,
  cause?: unknown,
): SnapfitError<StorageErrorCode> {
  const reason = detail === undefined ? EXPLANATIONS[code] : `${detail}. Check the path.`;
  return new SnapfitError(code, `Could not ${action} "${path}": ${reason}`, cause === undefined ? undefined : { cause });
}

/** Throws `IO` unless the range counts bytes. A range may reach over the end of the file: what is there is read. */
export function checkRange(path: string, range: ByteRange | undefined): void {
  for (const value of range ? [range.offset, range.lengthBytes] : []) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw storageError(
        "IO",
        "read",
        path,
        `${range!.lengthBytes} bytes from ${range!.offset} on is no range; both are non-negative integers`,
      );
  }
}
