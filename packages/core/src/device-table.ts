import * as tf from "@tensorflow/tfjs";

/** One engine that `device` can name. */
export interface DeviceRow {
  /** Name of the TensorFlow.js backend. */
  readonly name: string;
  /** Makes the backend known to TensorFlow.js; false, or an error, if it is not installed or does not run here. */
  load(): Promise<boolean>;
  /** The command that installs it. */
  readonly install: string;
  /** A few words on why one wants it: `faster than cpu`. */
  readonly merit: string;
}

/** Best first. */
export const deviceRows: DeviceRow[] = [
  {
    name: "wasm",
    load: () => loadModule("@tensorflow/tfjs-backend-wasm", "wasm"),
    install: "npm i @tensorflow/tfjs-backend-wasm",
    merit: "several times faster than cpu",
  },
  { name: "cpu", load: () => Promise.resolve(true), install: "npm i @tensorflow/tfjs", merit: "plain JavaScript" },
];

/** Adds an engine in front of those that are known. */
export function registerDevice(row: DeviceRow): void {
  const known = deviceRows.findIndex(({ name }) => name === row.name);
  if (known >= 0) deviceRows.splice(known, 1);
  deviceRows.unshift(row);
}

/** Imports an optional package. Not a literal: bundlers must not look for what is not installed. */
async function loadModule(specifier: string, backend: string): Promise<boolean> {
  if (tf.findBackendFactory(backend) !== null) return true;
  try {
    await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
  } catch {
    return false;
  }
  return tf.findBackendFactory(backend) !== null;
}
