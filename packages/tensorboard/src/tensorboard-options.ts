import { checkSettings, folder } from "@snapfit/base";

/** What can be wrong with the options; `code` of the SnapfitError. */
export type TensorBoardErrorCode = "OPTION_INVALID" | "OPTION_UNKNOWN";

/** Options of {@link TensorBoardLogger}. */
export interface TensorBoardOptions {
  readonly tensorboard?: TensorBoardSettings;
}

/** What stands under `tensorboard` in the options of a trainer. */
export interface TensorBoardSettings {
  /** Folder of the event files. @default the run folder */
  readonly directory?: string;
}

/** @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function checkTensorBoardSettings(settings: TensorBoardSettings = {}): TensorBoardSettings {
  checkSettings("tensorboard", settings, { directory: folder }, '{ directory: "logs" }');
  return settings;
}
