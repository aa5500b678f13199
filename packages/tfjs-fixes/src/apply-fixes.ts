import * as tf from "@tensorflow/tfjs";
import type { Fix, FixDefinition } from "./fix.js";
import { fixes } from "./fixes.js";

const applied = new Map<string, readonly Fix[]>();
const appliedToAll = new Set<FixDefinition>();

/**
 * Puts right what TF.js 4.22 is known to compute wrongly, or not at all, on a backend: its kernels, and the gradients and layers that all backends share.
 * Call it after the backend's module is loaded. A second call changes nothing and returns the same list.
 * @param backendName `cpu`, `wasm` and `webgpu` have kernels of their own to fix; any other name gets what all backends share.
 * @returns what was replaced, to be printed.
 */
export function applyFixes(backendName: string): readonly Fix[] {
  const before = applied.get(backendName);
  if (before !== undefined) return before;
  // Loading the module later would overwrite our kernels with its own.
  const isLoaded = tf.getKernelsForBackend(backendName).length > 0;
  const matching = fixes.filter(({ backends }) => backends === "all" || (isLoaded && backends.includes(backendName)));
  for (const fix of matching) {
    if (appliedToAll.has(fix)) continue;
    fix.install(backendName);
    if (fix.backends === "all") appliedToAll.add(fix);
  }
  const list = Object.freeze(
    matching.map(({ op, backends, wrong }): Fix => Object.freeze({ op, backend: backends === "all" ? "all" : backendName, wrong })),
  );
  if (isLoaded) applied.set(backendName, list);
  return list;
}
