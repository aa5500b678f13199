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
