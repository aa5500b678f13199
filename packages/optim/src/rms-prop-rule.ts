import { decayedGradient, slotsLikeParameter, type UpdateRule } from "./update-rule.js";

/** What {@link rmsPropRule} needs beyond rates. */
export interface RmsPropConstants {
  readonly alpha: number;
  readonly epsilon: number;
  /** 0: no momentum and one slot less. */
  readonly momentum: number;
}

type Constants = [learningRate: number, weightDecay: number, alpha: number, ofSquare: number, epsilon: number, kept: number];

/**
 * RMSProp in PyTorch's form: epsilon outside of the root, the rate outside of the momentum, weight decay added to the gradient.
 * @see torch.optim.RMSprop; Hinton, "Neural Networks for Machine Learning", lecture 6e
 */
export function rmsPropRule({ alpha, epsilon, momentum }: RmsPropConstants): UpdateRule {
  const hasMomentum = momentum !== 0;
  const rule: UpdateRule<Constants> = {
    name: "rmsProp",
    slotsOf: hasMomentum ? slotsLikeParameter("meanSquare", "momentum") : slotsLikeParameter("meanSquare"),
    momentum: hasMomentum ? momentum : undefined,
    kernel: hasMomentum ? "rmsPropMomentum" : "rmsProp",
    constants: (moment) => [moment.learningRate, moment.weightDecay, alpha, 1 - alpha, epsilon, moment.momentum],
    updateArrays: (constants, values, gradient, [meanSquare, velocity]) =>
      velocity ? momentumLoop(constants, values, gradient, meanSquare!, velocity) : plainLoop(constants, values, gradient, meanSquare!),
    updateTensors([learningRate, weightDecay, decay, ofSquare, added, kept], values, gradient, [meanSquare, velocity]) {
      const g = decayedGradient(gradient, values, weightDecay);
      const newSquare = meanSquare!.mul(decay).add(g.mul(ofSquare).mul(g));
      const direction = g.div(newSquare.sqrt().add(added));
      if (!velocity) return [values.sub(direction.mul(learningRate)), newSquare];
      const newVelocity = velocity.mul(kept).add(direction);
      return [values.sub(newVelocity.mul(learningRate)), newSquare, newVelocity];
    },
  };
  return rule;
}

// g = g + wd p;  s = alpha s + (1 - alpha) g g;  p = p - lr g / (sqrt(s) + eps)
function plainLoop(
  [learningRate, weightDecay, alpha, ofSquare, epsilon]: Constants,
  values: Float32Array,
  gradient: Float32Array,
  meanSquare: Float32Array,
): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const g = gradient[i]! + weightDecay * value;
    const newSquare = alpha * meanSquare[i]! + ofSquare * g * g;
    meanSquare[i] = newSquare;
    values[i] = value - (learningRate * g) / (Math.sqrt(newSquare) + epsilon);
  }
}

// as above with  b = mu b + g / (sqrt(s) + eps);  p = p - lr b
function momentumLoop(
  [learningRate, weightDecay, alpha, ofSquare, epsilon, kept]: Constants,
  values: Float32Array,
  gradient: Float32Array,
  meanSquare: Float32Array,
  velocity: Float32Array,
): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const g = gradient[i]! + weightDecay * value;
    const newSquare = alpha * meanSquare[i]! + ofSquare * g * g;
    const newVelocity = kept * velocity[i]! + g / (Math.sqrt(newSquare) + epsilon);
    meanSquare[i] = newSquare;
    velocity[i] = newVelocity;
    values[i] = value - learningRate * newVelocity;
  }
}
