import { checkSettings } from "@snapfit/base";

/**
 * The settings of a logger that takes a folder and nothing else.
 * @param name of the option that they stand under
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`
 */
export function checkDirectoryOption(name: string, settings: { readonly directory?: string } = {}): { readonly directory?: string } {
  checkSettings(name, settings, { directory: ["a folder", (value) => typeof value === "string" && value !== ""] }, '{ directory: "logs" }');
  return settings;
}
