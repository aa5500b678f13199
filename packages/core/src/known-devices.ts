import * as tf from "@tensorflow/tfjs";
import { type DeviceRow, withRegistered } from "./device-table.js";

/** The native engine is a program for Linux. Browsers must not look for it. */
const hasNative = (globalThis as { process?: { platform?: string } }).process?.platform === "linux";

const nativeRow: DeviceRow = {
  name: "native",
  load: () => loadModule("@snapfit/native", "native"),
  install: "npm i @snapfit/native",
  merit: "as fast as PyTorch",
};

const ownRows: readonly DeviceRow[] = [
  ...(hasNative ? [nativeRow] : []),
  {
    name: "wasm",
    load: () => loadModule("@tensorflow/tfjs-backend-wasm", "wasm"),
    install: "npm i @tensorflow/tfjs-backend-wasm",
    merit: "several times faster than cpu",
  },
  { name: "cpu", load: () => Promise.resolve(true), install: "npm i @tensorflow/tfjs", merit: "plain JavaScript" },
];

/** All engines, the best first. */
export function knownDevices(): DeviceRow[] {
  return withRegistered(ownRows);
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
