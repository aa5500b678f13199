import * as tf from "@tensorflow/tfjs";
import { fixes } from "./fixes.js";
import { gradientKernels, undifferentiable } from "./gradient-tables.js";

/**
 * Ops that cannot be trained through on a backend after {@link applyFixes}, with the reason as a sentence.
 * Kernels are looked up in TF.js' registry, so load the backend's module first; of a backend that is not loaded only what holds for all is known.
 */
export function unsupportedGradients(backendName: string): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  const isLoaded = tf.getKernelsForBackend(backendName).length > 0;
  const has = (kernel: string): boolean =>
    !isLoaded ||
    (tf.getKernel(kernel, backendName) as unknown) !== undefined ||
    fixes.some(({ op, backends }) => op === kernel && backends !== "all" && backends.includes(backendName));
  for (const [op, kernels] of Object.entries(gradientKernels)) {
    const missing = [op, ...kernels].filter((kernel) => !has(kernel));
    if (missing.length > 0)
      reasons.set(op, `The ${backendName} backend has no kernel ${missing.join(" and ")}, which training through ${op} needs.`);
  }
  for (const op of undifferentiable) {
    if ((tf.getGradient(op) as unknown) === undefined) reasons.set(op, `TensorFlow.js has no gradient for ${op}.`);
  }
  return reasons;
}
