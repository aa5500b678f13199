import { nearestName, SnapfitError } from "@snapfit/base";

/** What can be wrong with the options; `code` of the SnapfitError. */
export type FileLoggerErrorCode = "OPTION_INVALID" | "OPTION_UNKNOWN";

/** Options of {@link FileLogger}. */
export interface FileLoggerOptions {
  readonly fileLogger?: FileLoggerSettings;
}

/** What stands under `fileLogger` in the options of a trainer. */
export interface FileLoggerSettings {
  /** Folder of the files. @default the run folder */
  readonly directory?: string;
}

/** @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function checkSettings(settings: unknown = {}): FileLoggerSettings {
  if (typeof settings !== "object" || settings === null)
    throw error("OPTION_INVALID", `Option fileLogger is ${JSON.stringify(settings)}. It takes an object such as { directory: "logs" }.`);
  for (const [name, value] of Object.entries(settings)) {
    if (name !== "directory") {
      const isNear = nearestName(name, ["directory"]) !== undefined;
      throw error(
        "OPTION_UNKNOWN",
        `There is no option "fileLogger.${name}". ${isNear ? 'Did you mean "directory"?' : "Known is directory."}`,
      );
    }
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw error("OPTION_INVALID", `Option fileLogger.directory is ${JSON.stringify(value)}. It takes a folder.`);
  }
  return settings;
}

function error(code: FileLoggerErrorCode, message: string): SnapfitError<FileLoggerErrorCode> {
  return new SnapfitError(code, message);
}
