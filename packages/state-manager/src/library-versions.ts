import type { StateRecord } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

let installed: StateRecord | undefined;

/** What a run was computed with; another backend or version may give other bits. */
export function libraryVersions(): StateRecord {
  installed ??= { "@snapfit/core": versionOf("@snapfit/core"), "@snapfit/state-manager": versionOf("@snapfit/state-manager") };
  return { ...installed, "@tensorflow/tfjs": tf.version.tfjs, backend: tf.getBackend(), node: process.versions.node };
}

/** Of an installed package; null where it is part of a bundle. */
function versionOf(name: string): string | null {
  try {
    const entry = createRequire(import.meta.url).resolve(name); // <package>/dist/index.js
    const manifest = JSON.parse(readFileSync(new URL("../package.json", `file://${entry}`), "utf8")) as { version: string };
    return manifest.version;
  } catch {
    return null;
  }
}
