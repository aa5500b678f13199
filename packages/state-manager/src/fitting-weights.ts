import type { StateRecord, StateTree } from "@snapfit/base";
import type { Weights, WeightsMismatch } from "@snapfit/core";

/**
 * A saved state for a model that it does not fit: weights that fit are taken, for the others the model's own stay.
 * What optimizers kept, and the best weights, fit only if all do.
 */
export function withFittingWeights(saved: StateRecord, own: Weights): { readonly state: StateRecord; readonly mismatch: WeightsMismatch } {
  const given = saved["weights"] as unknown as Weights;
  const missing = Object.keys(own).filter((path) => given[path] === undefined);
  const unexpected = Object.keys(given).filter((path) => own[path] === undefined);
  const differs = (path: string): boolean => {
    const [a, b] = [own[path]!, given[path]];
    return b !== undefined && (a.dtype !== b.dtype || a.shape.join() !== b.shape.join());
  };
  const changed = Object.keys(own).filter(differs);
  const shown = ({ dtype, shape }: Weights[string]): string => `${dtype} [${shape.join(", ")}]`;
  const mismatch = {
    missing,
    unexpected,
    different: changed.map((path) => `${path} is ${shown(own[path]!)}, given ${shown(given[path]!)}`),
  };
  if (missing.length + unexpected.length + changed.length === 0) return { state: saved, mismatch };
  const weights = Object.fromEntries(
    Object.keys(own).map((path) => [path, given[path] === undefined || changed.includes(path) ? own[path]! : given[path]]),
  );
  const { optimizers: _, best: __, ...rest } = saved;
  return { state: { ...rest, weights: weights as unknown as StateTree }, mismatch };
}
