import { checkSettings, folder, trueOrFalse } from "@snapfit/base";

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
  /** Whether the best weights are written to `best_model.safetensors` at the end of each fit. @default false */
  readonly logModel?: boolean;
}

/** @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function checkFileLoggerSettings(settings: FileLoggerSettings = {}): FileLoggerSettings {
  checkSettings("fileLogger", settings, { directory: folder, logModel: trueOrFalse }, '{ directory: "logs" }');
  return settings;
}
