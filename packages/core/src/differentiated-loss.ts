import * as tf from "@tensorflow/tfjs";
import type { TrainerMethods } from "./trainer-methods.js";

/** What is differentiated: the step's loss with the model's regularisation, scaled. @param before the engine's tensor count before the step: what is returned was made in it */
export function differentiatedLoss(
  trainer: TrainerMethods,
  loss: tf.Tensor,
  regularization: tf.Tensor | undefined,
  before: number,
): tf.Scalar {
  const scaled = trainer.scaleLoss(regularization === undefined ? loss : tf.add(loss, regularization));
  return scaled.rank === 0 && scaled.id >= before ? (scaled as tf.Scalar) : tf.reshape(scaled, []);
}
