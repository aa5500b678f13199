import type * as tf from "@tensorflow/tfjs";
import { runKernel } from "../gradients/run.js";
import { onlyInput, patchClass } from "./patch-class.js";

interface Dropout {
  readonly rate: number;
  readonly seed?: number | null;
  /** Null where every element has a mask value of its own; spatial dropout, which inherits the call, has a shape. */
  getNoiseShape(x: tf.Tensor): readonly number[] | null | undefined;
  invokeCallHook(inputs: tf.Tensor | tf.Tensor[], options: object): void;
}

/** Training with a mask for every element: one kernel, and none stored. With a seed the mask is the same in each call, as on other backends. */
function dropElements(self: object, inputs: tf.Tensor | tf.Tensor[], options: { readonly training?: boolean } = {}): tf.Tensor | undefined {
  const layer = self as Dropout;
  const x = onlyInput(inputs);
  const { rate, seed } = layer;
  if (options.training !== true || !(rate > 0 && rate < 1) || x.dtype !== "float32" || layer.getNoiseShape(x) != null) return undefined;
  layer.invokeCallHook(inputs, options);
  return runKernel("FusedDropout", { x }, { rate, seed: seed ?? Math.random() });
}

patchClass("Dropout", "call", dropElements);
