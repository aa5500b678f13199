import * as tf from "@tensorflow/tfjs";
import { runKernels } from "../gradients/run.js";
import { canNormalize, type LayerWeight, onlyInput, patchClass } from "./patch-class.js";

interface BatchNormalization {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly scale: boolean;
  readonly center: boolean;
  readonly gamma: LayerWeight;
  readonly beta: LayerWeight;
  readonly movingMean: LayerWeight;
  readonly movingVariance: LayerWeight;
}

/** Training along the last axis: one kernel for the statistics, the result and the moving averages. */
function normalizeBatch(
  self: object,
  inputs: tf.Tensor | readonly tf.Tensor[],
  options: { readonly training?: boolean },
): tf.Tensor | undefined {
  const layer = self as BatchNormalization;
  const x = onlyInput(inputs);
  if (!options.training || !canNormalize(x) || (layer.axis !== -1 && layer.axis !== x.rank - 1)) return undefined;
  return tf.tidy(() => {
    const movingMean = layer.movingMean.read();
    const [y, , movedMean, movedVariance] = runKernels(
      "FusedBatchNormTraining",
      {
        x,
        gamma: layer.scale ? layer.gamma.read() : tf.onesLike(movingMean),
        beta: layer.center ? layer.beta.read() : tf.zerosLike(movingMean),
        movingMean,
        movingVariance: layer.movingVariance.read(),
      },
      { epsilon: layer.epsilon, momentum: layer.momentum },
    );
    layer.movingMean.write(movedMean!);
    layer.movingVariance.write(movedVariance!);
    return y!;
  });
}

patchClass("BatchNormalization", "call", normalizeBatch);
