import { anyObject, checkOption, checkOptions, oneOf, wholeNumberFrom, type OptionCheck, type OptionChecks } from "@snapfit/base";
import type { TextEncoding } from "../text/decode-text.js";
import type { TableColumn } from "./read-column.js";

const KINDS: readonly TableColumn[] = ["number", "integer", "boolean", "date", "string", "category"];
const ENCODINGS: readonly TextEncoding[] = ["utf-8", "utf-16le", "utf-16be", "latin1"];
const NO_DELIMITERS = ['"', "\n", "\r", "\ufeff", "\0"];

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === "string");

/** Names of classes, in the order of their indices. */
export const classNames: OptionCheck = [
  "a list of classes, each once",
  (value) => isTexts(value) && value.length > 0 && new Set(value).size === value.length,
];

const columnKind: OptionCheck = [
  `${KINDS.map((kind) => `"${kind as string}"`).join(", ")} or ${classNames[0]}`,
  (value) => KINDS.includes(value as TableColumn) || classNames[1](value),
];

/** What all that reads CSV takes. */
export const csvChecks = {
  columns: anyObject,
  missing: ["a list of texts", isTexts],
  delimiter: [
    'a character such as "," or ";" or a tab',
    (value) => typeof value === "string" && value.length === 1 && !NO_DELIMITERS.includes(value),
  ],
} satisfies OptionChecks;

export const csvFileChecks = { ...csvChecks, encoding: oneOf(...(ENCODINGS as readonly string[])) } satisfies OptionChecks;

export const csvStreamChecks = { ...csvFileChecks, chunkRows: wholeNumberFrom(1) } satisfies OptionChecks;

/** Checks the options of what reads a table, with the kind of each column. @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function checkTableOptions(owner: string, options: { readonly columns: object }, checks: OptionChecks): void {
  checkOptions(owner, options, checks, ["columns"]);
  for (const [name, kind] of Object.entries(options.columns)) checkOption(owner, `columns.${name}`, kind, columnKind);
}
