import type * as tf from "@tensorflow/tfjs";
import type { UpdateMoment, UpdateRule } from "./update-rule.js";

/** What {@link sgdRule} needs beyond rates. */
export interface SgdConstants {
  /** 0: no momentum and no slot. */
  readonly momentum: number;
  readonly nesterov: boolean;
}

/**
 * Gradient descent with momentum in PyTorch's form: the rate is outside of the momentum, weight decay is added to the gradient.
 * @see torch.optim.SGD; Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"
 */
export function sgdRule(constants: SgdConstants): UpdateRule {
  const { momentum, nesterov } = constants;
  return {
    name: "sgd",
    slotNames: momentum === 0 ? [] : ["momentum"],
    kernel:
      momentum === 0
        ? { name: "gradientDescent", constants: ({ learningRate, weightDecay }) => [learningRate, weightDecay] }
        : { name: "momentum", constants: ({ learningRate, weightDecay }) => [learningRate, weightDecay, momentum, nesterov ? 1 : 0] },
    updateArrays: (moment, values, gradient, [velocity]) =>
      velocity ? momentumLoop(moment, values, gradient, velocity, momentum, nesterov) : plainLoop(moment, values, gradient),
    updateTensors({ learningRate, weightDecay }, values, gradient, [velocity]) {
      let direction: tf.Tensor = weightDecay === 0 ? gradient : gradient.add(values.mul(weightDecay));
      if (!velocity) return [values.sub(direction.mul(learningRate))];
      const newVelocity = velocity.mul(momentum).add(direction);
      direction = nesterov ? direction.add(newVelocity.mul(momentum)) : newVelocity;
      return [values.sub(direction.mul(learningRate)), newVelocity];
    },
  };
}

// p = p - lr (g + wd p)
function plainLoop(moment: UpdateMoment, values: Float32Array, gradient: Float32Array): void {
  const learningRate = Math.fround(moment.learningRate);
  const weightDecay = Math.fround(moment.weightDecay);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    values[i] = value - learningRate * (gradient[i]! + weightDecay * value);
  }
}

// d = g + wd p;  b = mu b + d;  p = p - lr b, or with Nesterov p - lr (d + mu b)
function momentumLoop(
  moment: UpdateMoment,
  values: Float32Array,
  gradient: Float32Array,
  velocity: Float32Array,
  momentum: number,
  nesterov: boolean,
): void {
  const learningRate = Math.fround(moment.learningRate);
  const weightDecay = Math.fround(moment.weightDecay);
  const kept = Math.fround(momentum);
  const ofDirection = nesterov ? 1 : 0;
  const ofVelocity = nesterov ? kept : 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const direction = gradient[i]! + weightDecay * value;
    const newVelocity = kept * velocity[i]! + direction;
    velocity[i] = newVelocity;
    values[i] = value - learningRate * (ofDirection * direction + ofVelocity * newVelocity);
  }
}
