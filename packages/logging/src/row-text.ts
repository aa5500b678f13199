/** A row of a log, as core's records are; this package does not know core. */
export interface Row {
  readonly fit: number;
  readonly step: number;
  readonly epoch: number;
  readonly kind: string;
  readonly key: string;
}

/** Names of values that are measured by the clock: they differ between a run and its repetition. */
const TIMED = /(^|\/)(samples_per_second|seconds)(_epoch)?$/;

/** What was found of names of values: each of them comes with every row. */
const found = new Map<string, boolean>();

/** Whether a value of this name is measured by the clock. */
export function isTimedName(name: string): boolean {
  let isTimed = found.get(name);
  if (isTimed === undefined) found.set(name, (isTimed = TIMED.test(name)));
  return isTimed;
}

/** A row as text that is equal whenever the run does the same: for `RowLedger.admit()`. Values by the clock are left out; NaN, infinities and -0 differ from each other. */
export function rowText(row: Row): string {
  if (row.kind === "scalars") return scalarsText(row as Row & { readonly values: Readonly<Record<string, number>> });
  return JSON.stringify(row, (name, value: unknown) => {
    if (TIMED.test(name)) return undefined; // any name in a tree: too many to remember
    if (typeof value === "number") return numberText(value);
    if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array, numberText).join();
    return value;
  });
}

/** Most rows are of this kind, and the loop waits for each. */
function scalarsText({ fit, step, epoch, key, values }: Row & { readonly values: Readonly<Record<string, number>> }): string {
  let text = `scalars ${fit} ${step} ${epoch} ${key}`;
  for (const name in values) if (!isTimedName(name)) text += `\n${name} ${numberText(values[name]!)}`;
  return text;
}

function numberText(value: number): string | number {
  return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : String(value);
}
