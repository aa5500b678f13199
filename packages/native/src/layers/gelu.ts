import type * as tf from "@tensorflow/tfjs";
import { runKernel } from "../gradients/run.js";
import { patchClass } from "./patch-class.js";

/** The activations "gelu" and "gelu_new" of tf.layers. */
const activations = { gelu: false, gelu_new: true };

for (const [className, approximate] of Object.entries(activations)) {
  patchClass(className, "apply", (_self: object, x: tf.Tensor) =>
    x.dtype === "float32" ? runKernel("Gelu", { x }, { approximate }) : undefined,
  );
}
