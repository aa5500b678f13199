import * as tf from "@tensorflow/tfjs";
import { runKernel } from "../gradients/run.js";
import { canNormalize, type LayerWeight, onlyInput, patchClass } from "./patch-class.js";

interface LayerNormalization {
  /** Not negative once the layer is built. */
  readonly axis: readonly number[];
  readonly epsilon: number;
  /** Null without `scale`. */
  readonly gamma: LayerWeight | null;
  /** Null without `center`. */
  readonly beta: LayerWeight | null;
}

/** Normalisation over the last axis, in one kernel. */
function normalizeRows(self: object, inputs: tf.Tensor | readonly tf.Tensor[]): tf.Tensor | undefined {
  const { axis, epsilon, gamma, beta } = self as LayerNormalization;
  const x = onlyInput(inputs);
  if (!canNormalize(x) || axis.length !== 1 || axis[0] !== x.rank - 1) return undefined;
  return tf.tidy(() => {
    const columns = [x.shape[x.rank - 1]!];
    return runKernel(
      "FusedLayerNorm",
      { x, gamma: gamma?.read() ?? tf.ones(columns), beta: beta?.read() ?? tf.zeros(columns) },
      { epsilon },
    );
  });
}

patchClass("LayerNormalization", "call", normalizeRows);
