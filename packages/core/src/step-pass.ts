import type { HostOutputs } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";

/** What one run of `computeGradients` has brought, committed only if it was the last one of its step. */
export class StepPass {
  readonly scalars: { readonly name: string; readonly value: tf.Tensor | number; readonly weight: number }[] = [];
  readonly outputs: HostOutputs[] = [];
  /** Paths that had a gradient in any batch. */
  readonly present = new Set<string>();
  hasLoss = false;
}
