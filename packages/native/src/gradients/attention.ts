import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import type { AttentionAttributes } from "../kernels/attention-geometry.js";

/** Inputs are a list, since there are as many as the operands are packed into. */
const runList = (name: string, inputs: readonly tf.Tensor[], attributes: object): tf.Tensor[] =>
  tf.engine().runKernel(name, inputs as unknown as tf.NamedTensorMap, attributes as tf.NamedAttrMap) as tf.Tensor[];

tf.registerGradient({
  kernelName: "FusedAttention",
  saveAllInputs: true,
  outputsToSave: [true, true],
  gradFunc(dys, saved, attributes) {
    const { isMasked } = attributes as unknown as AttentionAttributes;
    const [output, logSums] = saved.slice(-2) as [tf.Tensor, tf.Tensor];
    const inputs = saved.slice(0, -2);
    // At once, not when the first is asked for: its scope would dispose the others.
    const gradients = runList("FusedAttentionGrad", [(dys as tf.Tensor[])[0]!, output, logSums, ...inputs], attributes);
    const byInput: Record<number, () => tf.Tensor> = Object.fromEntries(gradients.map((gradient, i) => [i, () => gradient]));
    if (isMasked) byInput[gradients.length] = noMaskGradient;
    return byInput;
  },
});

function noMaskGradient(): never {
  throw new SnapfitError(
    "GRADIENT_MISSING",
    "attention() has no gradient for its mask, but a trained variable reaches it. Add a trained bias to the scores by plain operations instead.",
  );
}
