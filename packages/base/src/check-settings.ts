import { nearestName } from "./nearest-name.js";
import { SnapfitError } from "./snapfit-error.js";

/** What an option may be: the words for it, and whether a value is that. */
export type OptionCheck = readonly [expected: string, holds: (value: unknown) => boolean];

/**
 * Checks the options that stand under a name, as add-ons' do. One that is `undefined` was left out.
 * @param group where they stand: `stateManager`, `stateManager.best`
 * @param example of what it takes
 * @throws SnapfitError `OPTION_UNKNOWN` with the nearest known name, `OPTION_INVALID` with the value
 */
export function checkSettings(group: string, settings: unknown, checks: Readonly<Record<string, OptionCheck>>, example: string): void {
  checkSetting(`Option ${group}`, settings, [`an object such as ${example}`, isRecord]);
  for (const [name, value] of Object.entries(settings as object)) {
    if (!Object.hasOwn(checks, name)) {
      const known = Object.keys(checks);
      const nearest = nearestName(name, known);
      const advice = nearest === undefined ? `Known: ${known.join(", ")}.` : `Did you mean "${nearest}"?`;
      throw new SnapfitError("OPTION_UNKNOWN", `There is no option "${group}.${name}". ${advice}`);
    }
    if (value !== undefined) checkSetting(`Option ${group}.${name}`, value, checks[name]!);
  }
}

/** Checks one value. @param title what is it: `Variable WANDB_MODE of the environment` @throws SnapfitError `OPTION_INVALID` */
export function checkSetting(title: string, value: unknown, [expected, holds]: OptionCheck): void {
  if (!holds(value)) throw new SnapfitError("OPTION_INVALID", `${title} is ${shown(value)}. It takes ${expected}.`);
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value); // circular, or a bigint
  }
}
