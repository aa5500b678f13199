import type { UpdateMoment, UpdateRule } from "./update-rule.js";

/** What {@link rmsPropRule} needs beyond rates. */
export interface RmsPropConstants {
  readonly alpha: number;
  readonly epsilon: number;
  /** 0: no momentum and one slot less. */
  readonly momentum: number;
}

/**
 * RMSProp in PyTorch's form: epsilon outside of the root, the rate outside of the momentum, weight decay added to the gradient.
 * @see torch.optim.RMSprop; Hinton, "Neural Networks for Machine Learning", lecture 6e
 */
export function rmsPropRule(constants: RmsPropConstants): UpdateRule {
  const { alpha, epsilon, momentum } = constants;
  return {
    name: "rmsProp",
    slotNames: momentum === 0 ? ["meanSquare"] : ["meanSquare", "momentum"],
    kernel: {
      name: momentum === 0 ? "rmsProp" : "rmsPropMomentum",
      constants({ learningRate, weightDecay }) {
        return [learningRate, weightDecay, alpha, 1 - alpha, epsilon, ...(momentum === 0 ? [] : [momentum])];
      },
    },
    updateArrays: (moment, values, gradient, [meanSquare, velocity]) =>
      velocity
        ? momentumLoop(stepConstants(moment, constants), values, gradient, meanSquare!, velocity)
        : plainLoop(stepConstants(moment, constants), values, gradient, meanSquare!),
    updateTensors({ learningRate, weightDecay }, values, gradient, [meanSquare, velocity]) {
      const g = weightDecay === 0 ? gradient : gradient.add(values.mul(weightDecay));
      const newSquare = meanSquare!.mul(alpha).add(g.mul(1 - alpha).mul(g));
      const direction = g.div(newSquare.sqrt().add(epsilon));
      if (!velocity) return [values.sub(direction.mul(learningRate)), newSquare];
      const newVelocity = velocity.mul(momentum).add(direction);
      return [values.sub(newVelocity.mul(learningRate)), newSquare, newVelocity];
    },
  };
}

interface StepConstants extends RmsPropConstants {
  readonly ofSquare: number;
  readonly learningRate: number;
  readonly weightDecay: number;
}

// Rounded as PyTorch's kernels and TensorFlow.js' operations take them.
function stepConstants({ learningRate, weightDecay }: UpdateMoment, { alpha, epsilon, momentum }: RmsPropConstants): StepConstants {
  const round = Math.fround;
  return {
    alpha: round(alpha),
    ofSquare: round(1 - alpha),
    epsilon: round(epsilon),
    momentum: round(momentum),
    learningRate: round(learningRate),
    weightDecay: round(weightDecay),
  };
}

// g = g + wd p;  s = alpha s + (1 - alpha) g g;  p = p - lr g / (sqrt(s) + eps)
function plainLoop(constants: StepConstants, values: Float32Array, gradient: Float32Array, meanSquare: Float32Array): void {
  const { alpha, ofSquare, epsilon, learningRate, weightDecay } = constants;
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
  constants: StepConstants,
  values: Float32Array,
  gradient: Float32Array,
  meanSquare: Float32Array,
  velocity: Float32Array,
): void {
  const { alpha, ofSquare, epsilon, momentum, learningRate, weightDecay } = constants;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const g = gradient[i]! + weightDecay * value;
    const newSquare = alpha * meanSquare[i]! + ofSquare * g * g;
    const newVelocity = momentum * velocity[i]! + g / (Math.sqrt(newSquare) + epsilon);
    meanSquare[i] = newSquare;
    velocity[i] = newVelocity;
    values[i] = value - learningRate * newVelocity;
  }
}
