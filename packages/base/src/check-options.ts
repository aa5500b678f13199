import { nearestName } from "./nearest-name.js";
import { isRecord } from "./option-rules.js";
import { SnapfitError } from "./snapfit-error.js";

/** What an option may be: the words for it, and whether a value is that. */
export type OptionCheck = readonly [expected: string, holds: (value: unknown) => boolean];

/** What each option may be, by its name. */
export type OptionChecks = Readonly<Record<string, OptionCheck>>;

/**
 * Checks the options of a function or a class. One that is `undefined` was left out.
 * @param owner whose they are, as the user writes it: `loader()`, `EarlyStopper`. @param required names that must be there.
 * @param path where they stand if they are part of others: `groups[0]`
 * @throws SnapfitError `OPTION_UNKNOWN` with the nearest known name, `OPTION_INVALID` with the value
 */
export function checkOptions(owner: string, options: unknown, checks: OptionChecks, required: readonly string[] = [], path?: string): void {
  checkOption(owner, path ?? "options", options, [`an object with ${Object.keys(checks).join(", ")}`, isRecord]);
  const pathOf = (name: string): string => (path === undefined ? name : `${path}.${name}`);
  checkNames(options as object, checks, (name) => `${owner} has no option "${pathOf(name)}"`);
  for (const [name, check] of Object.entries(checks)) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined || required.includes(name)) checkOption(owner, pathOf(name), value, check);
  }
}

/** Checks one option or argument of a function. @param owner as in {@link checkOptions} @throws SnapfitError `OPTION_INVALID` */
export function checkOption(owner: string, name: string, value: unknown, check: OptionCheck): void {
  if (!check[1](value)) throw refused(`${owner} got ${value === undefined ? `no ${name}` : `${name}: ${shown(value)}`}`, check);
}

/**
 * Checks the options of an add-on, which stand under a name. One that is `undefined` was left out.
 * @param group where they stand: `stateManager`, `stateManager.best`
 * @param example of what it takes
 * @throws SnapfitError `OPTION_UNKNOWN` with the nearest known name, `OPTION_INVALID` with the value
 */
export function checkSettings(group: string, settings: unknown, checks: OptionChecks, example: string): void {
  checkSetting(`Option ${group}`, settings, [`an object such as ${example}`, isRecord]);
  checkNames(settings as object, checks, (name) => `There is no option "${group}.${name}"`);
  for (const [name, value] of Object.entries(settings as object))
    if (value !== undefined) checkSetting(`Option ${group}.${name}`, value, checks[name]!);
}

/** Checks one value. @param title what is it: `Variable WANDB_MODE of the environment` @throws SnapfitError `OPTION_INVALID` */
export function checkSetting(title: string, value: unknown, check: OptionCheck): void {
  if (!check[1](value)) throw refused(`${title} is ${shown(value)}`, check);
}

function checkNames(options: object, checks: OptionChecks, missing: (name: string) => string): void {
  const known = Object.keys(checks);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const advice = nearest === undefined ? `Known: ${known.join(", ")}.` : `Did you mean "${nearest}"?`;
    throw new SnapfitError("OPTION_UNKNOWN", `${missing(name)}. ${advice}`);
  }
}

function refused(received: string, [expected]: OptionCheck): SnapfitError<"OPTION_INVALID"> {
  return new SnapfitError("OPTION_INVALID", `${received}. It takes ${expected}.`);
}

const MOST_CHARACTERS = 100;
const MOST_ITEMS = 20;
const MOST_LEVELS = 3;

/** A value as messages show it, in short, however large it is. */
export function shown(value: unknown): string {
  const text = textOf(value, MOST_LEVELS);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function textOf(value: unknown, levels: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, MOST_CHARACTERS));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const isList = Array.isArray(value);
  const maker = (value as { readonly constructor?: { readonly name?: unknown } }).constructor;
  if (!isList && maker !== undefined && maker !== Object) {
    const name = String(maker.name || "object");
    return `${/^[AEIO]/i.test(name) ? "an" : "a"} ${name}`;
  }
  if (levels === 0) return "…";
  const keys = Object.keys(isList ? value.slice(0, MOST_ITEMS + 1) : value);
  const texts = keys
    .slice(0, MOST_ITEMS)
    .map((key) => (isList ? "" : `${key}: `) + textOf((value as Record<string, unknown>)[key], levels - 1));
  const list = [...texts, ...(keys.length > MOST_ITEMS ? ["…"] : [])].join(", ");
  return isList ? `[${list}]` : list === "" ? "{}" : `{ ${list} }`;
}
