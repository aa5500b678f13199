/** One engine that `device` can name. */
export interface DeviceRow {
  /** Name of the TensorFlow.js backend. */
  readonly name: string;
  /** Makes the backend known to TensorFlow.js; false if it is not installed, an error that says why if it does not run here. */
  load(): Promise<boolean>;
  /** The command that installs it. */
  readonly install: string;
  /** A few words on why one wants it: `faster than cpu`. */
  readonly merit: string;
}

const registered: DeviceRow[] = [];

/** Adds an engine in front of those that are known. */
export function registerDevice(row: DeviceRow): void {
  const known = registered.findIndex(({ name }) => name === row.name);
  if (known >= 0) registered.splice(known, 1);
  registered.unshift(row);
}

/** The engines that were registered, the latest first, in front of ours; a name stands once. */
export function withRegistered(ours: readonly DeviceRow[]): DeviceRow[] {
  return [...registered, ...ours.filter((row) => registered.every(({ name }) => name !== row.name))];
}
