import * as tf from "@tensorflow/tfjs";
import { layerFix } from "./fix.js";

interface LayerWeight {
  read(): tf.Tensor;
}
interface BatchNormalization {
  gamma?: LayerWeight | null;
  beta?: LayerWeight | null;
  readonly movingMean: LayerWeight;
}

export const batchNormalizationLayer = layerFix({ op: "BatchNormalization", wrong: "Training throws with scale: false or center: false." }, (prototype) => {
  const original = prototype.call;
  prototype.call = function (this: object, inputs, options) {
    const layer = this as BatchNormalization;
    const { gamma, beta } = layer;
    // Scaling by constant ones and shifting by zeros is what the layer means; inference handles the missing weights itself.
    const isIncomplete = options.training === true && (gamma == null || beta == null);
    if (!isIncomplete) return original.call(this, inputs, options);
    try {
      layer.gamma ??= { read: () => tf.onesLike(layer.movingMean.read()) };
      layer.beta ??= { read: () => tf.zerosLike(layer.movingMean.read()) };
      return tf.tidy(() => original.call(this, inputs, options));
    } finally {
      if (gamma === undefined) delete layer.gamma;
      else layer.gamma = gamma;
      if (beta === undefined) delete layer.beta;
      else layer.beta = beta;
    }
  };
});
