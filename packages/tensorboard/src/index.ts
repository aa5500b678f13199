export { TensorBoardLogger, type TensorBoardLoggerMembers } from "./tensorboard-logger.js";
export type { TensorBoardErrorCode, TensorBoardOptions, TensorBoardSettings } from "./tensorboard-options.js";
