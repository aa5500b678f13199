import * as tf from "@tensorflow/tfjs";
import { layerFix, type LayerPrototype } from "./fix.js";

interface LayerWeight {
  read(): tf.Tensor;
}
interface BatchNormalization {
  axis: number;
  gamma?: LayerWeight | null;
  beta?: LayerWeight | null;
  readonly movingMean: LayerWeight;
}
type Call = LayerPrototype["call"];

/** Sets members of a layer while `run` runs. */
function withMembers<T>(layer: object, members: object, run: () => T): T {
  const before = Object.fromEntries(Object.keys(members).map((key) => [key, (layer as Record<string, unknown>)[key]]));
  try {
    Object.assign(layer, members);
    return run();
  } finally {
    Object.assign(layer, before);
  }
}

/** Scaling by constant ones and shifting by zeros is what a layer without gamma or beta means. */
const filledIn = (layer: BatchNormalization): object => ({
  gamma: layer.gamma ?? { read: () => tf.onesLike(layer.movingMean.read()) },
  beta: layer.beta ?? { read: () => tf.zerosLike(layer.movingMean.read()) },
});

/** Exchanges an axis with the last one. */
function swapWithLast(x: tf.Tensor, axis: number): tf.Tensor {
  const order = x.shape.map((_, i) => i);
  order[axis] = x.rank - 1;
  order[x.rank - 1] = axis;
  return tf.transpose(x, order);
}

function callWith(original: Call): Call {
  return function (this: object, inputs, options) {
    const layer = this as BatchNormalization;
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    const axis = (layer.axis + input.rank) % input.rank;
    return tf.tidy(() =>
      withMembers(layer, options.training === true ? filledIn(layer) : {}, () => {
        if (axis === input.rank - 1) return original.call(this, input, options);
        const output = withMembers(layer, { axis: input.rank - 1 }, () => original.call(this, swapWithLast(input, axis), options));
        return swapWithLast(output as tf.Tensor, axis);
      }),
    );
  };
}

export const batchNormalizationLayer = layerFix(
  { op: "BatchNormalization", wrong: "Training throws with scale: false or center: false; any axis but the last gives wrong values." },
  (prototype) => {
    prototype.call = callWith(prototype.call);
  },
);
