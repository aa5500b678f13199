import type { SnapfitError } from "../snapfit-error.js";
import { storageError, type StorageErrorCode } from "../storage-error.js";

const CODES: Readonly<Record<string, StorageErrorCode>> = {
  ENOENT: "NOT_FOUND",
  EEXIST: "EXISTS",
  ENOTEMPTY: "EXISTS",
  ENOSPC: "NO_SPACE",
  EDQUOT: "NO_SPACE",
  EROFS: "READ_ONLY",
  EACCES: "NO_PERMISSION",
  EPERM: "NO_PERMISSION",
};

const DETAILS: Readonly<Record<string, string>> = {
  ENOTDIR: "a part of the path is a file",
  EISDIR: "it is a folder",
  EINVAL: "the system says that it makes no sense",
  EMFILE: "too many files are open",
};

/** A system error of `action` on `path` as a SnapfitError, with the system's error as its cause. */
export function diskError(action: string, path: string, cause: unknown): SnapfitError<StorageErrorCode> {
  const errno = errnoOf(cause) ?? "";
  const code = errno === "ENOTDIR" && action === "read" ? "NOT_FOUND" : (CODES[errno] ?? "IO");
  const detail = code === "IO" ? (DETAILS[errno] ?? (cause instanceof Error ? cause.message : String(cause))) : undefined;
  return storageError(code, action, path, detail, cause);
}

/** The system's name of an error, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined;
}
