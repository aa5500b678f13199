import { addonFolders, loadAddon } from "./load-addon.js";

/** What the addon offers to every kernel; each kernel file declares its own functions and gets them by {@link addon}. */
export interface AddonBasics {
  /** Build variant and oneDNN's version: `avx512 3.2.0`. */
  version(): string;
  setThreads(count: number): void;
  alignedOffset(bytes: Uint8Array): number;
}

/** The addon, or why it is not here. */
export const loadedAddon = loadAddon(addonFolders());

const functions = "functions" in loadedAddon ? loadedAddon.functions : {};

/** The addon's functions, typed by the kernel file that calls them. Without an addon there is no backend that would call one. */
export function addon<Functions extends object>(): Functions {
  return functions as Functions;
}
