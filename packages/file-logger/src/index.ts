export { FileLogger, type FileLoggerMembers } from "./file-logger.js";
export type { FileLoggerErrorCode, FileLoggerOptions, FileLoggerSettings } from "./file-logger-options.js";
