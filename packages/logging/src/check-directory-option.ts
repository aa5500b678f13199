import { nearestName, SnapfitError } from "@snapfit/base";

/**
 * The settings of a logger that takes a folder and nothing else.
 * @param name of the option that they stand under
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`
 */
export function checkDirectoryOption(name: string, settings: unknown = {}): { readonly directory?: string } {
  if (typeof settings !== "object" || settings === null)
    throw invalid(`Option ${name} is ${JSON.stringify(settings)}. It takes an object such as { directory: "logs" }.`);
  for (const [key, value] of Object.entries(settings)) {
    if (key !== "directory") {
      const isNear = nearestName(key, ["directory"]) !== undefined;
      const advice = isNear ? 'Did you mean "directory"?' : "Known is directory.";
      throw new SnapfitError("OPTION_UNKNOWN", `There is no option "${name}.${key}". ${advice}`);
    }
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw invalid(`Option ${name}.directory is ${JSON.stringify(value)}. It takes a folder.`);
  }
  return settings;
}

function invalid(message: string): SnapfitError<"OPTION_INVALID"> {
  return new SnapfitError("OPTION_INVALID", message);
}
