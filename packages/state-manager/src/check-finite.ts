import type { SafetensorsTensor } from "@snapfit/safetensors";
import { stateManagerError } from "./state-manager-error.js";

/** Weights, their best ones, and what optimizers keep of them. */
const CHECKED = /^(weights|optimizers|best\/weights)\//;

/** A state that is not finite is never written. @throws SnapfitError `STATE_NOT_FINITE` that names the arrays */
export function checkFinite(arrays: ReadonlyMap<string, SafetensorsTensor>): void {
  const bad = [...arrays].filter(([name, tensor]) => CHECKED.test(name) && !isFinite(tensor)).map(([name]) => name);
  if (bad.length === 0) return;
  const shown = bad.slice(0, 5).join(", ");
  throw stateManagerError(
    "STATE_NOT_FINITE",
    `The state holds NaN or infinite values in ${shown}${bad.length > 5 ? ` and ${bad.length - 5} more` : ""}. Such a state is never saved; earlier checkpoints stay. Lower the learning rate or clip gradients, and go on from one of them.`,
  );
}

function isFinite({ dtype, bytes }: SafetensorsTensor): boolean {
  if (dtype !== "F32") return true;
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false; // ten times as fast as every()
  return true;
}
