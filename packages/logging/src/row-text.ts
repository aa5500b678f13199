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

/** A row as text that is equal whenever the run does the same: for `RowLedger.admit()`. Values by the clock are left out; NaN, infinities and -0 differ from each other. */
export function rowText(row: Row): string {
  return JSON.stringify(row, (name, value: unknown) => {
    if (TIMED.test(name)) return undefined;
    if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) return Object.is(value, -0) ? "-0" : String(value);
    if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array).join();
    return value;
  });
}
