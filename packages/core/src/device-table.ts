import * as tf from "@tensorflow/tfjs";

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

/** The native engine is a program for Linux. Browsers must not look for it. */
const hasNative = (globalThis as { process?: { platform?: string } }).process?.platform === "linux";

const nativeRow: DeviceRow = {
  name: "native",
  load: () => loadModule("@snapfit/native", "native"),
  install: "npm i @snapfit/native",
  merit: "as fast as PyTorch",
};

/** Best first. */
export const deviceRows: DeviceRow[] = [
  ...(hasNative ? [nativeRow] : []),
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

/** What the native engine's module tells of itself. */
interface EngineModule {
  nativeStatus?(): { readonly problem?: { readonly message: string } };
}

/** Imports an optional package. Not a literal: bundlers must not look for what is not installed. */
async function loadModule(specifier: string, backend: string): Promise<boolean> {
  const isThere = (): boolean => tf.findBackendFactory(backend) !== null;
  if (isThere()) return true;
  let engine: EngineModule;
  try {
    engine = (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)) as EngineModule;
  } catch {
    return false;
  }
  const reason = engine.nativeStatus?.().problem?.message;
  if (!isThere() && reason !== undefined) throw new Error(reason);
  return isThere();
}
