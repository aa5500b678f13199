import { nearestName, SnapfitError } from "@snapfit/base";

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
export function checkSettings(settings: unknown = {}): TensorBoardSettings {
  if (typeof settings !== "object" || settings === null)
    throw error("OPTION_INVALID", `Option tensorboard is ${JSON.stringify(settings)}. It takes an object such as { directory: "logs" }.`);
  for (const [name, value] of Object.entries(settings)) {
    if (name !== "directory") {
      const isNear = nearestName(name, ["directory"]) !== undefined;
      throw error(
        "OPTION_UNKNOWN",
        `There is no option "tensorboard.${name}". ${isNear ? 'Did you mean "directory"?' : "Known is directory."}`,
      );
    }
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw error("OPTION_INVALID", `Option tensorboard.directory is ${JSON.stringify(value)}. It takes a folder.`);
  }
  return settings;
}

function error(code: TensorBoardErrorCode, message: string): SnapfitError<TensorBoardErrorCode> {
  return new SnapfitError(code, message);
}
