import { decayedGradient, slotsLikeParameter, type UpdateRule } from "./update-rule.js";

/** p = p - lr (g + wd p) */
const gradientDescentRule: UpdateRule<[learningRate: number, weightDecay: number]> = {
  name: "sgd",
  slotsOf: () => [],
  kernel: "gradientDescent",
  constants: ({ learningRate, weightDecay }) => [learningRate, weightDecay],
  updateArrays([learningRate, weightDecay], values, gradient) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      values[i] = value - learningRate * (gradient[i]! + weightDecay * value);
    }
  },
  updateTensors: ([learningRate, weightDecay], values, gradient) => [
    values.sub(decayedGradient(gradient, values, weightDecay).mul(learningRate)),
  ],
};

type MomentumConstants = [learningRate: number, weightDecay: number, kept: number, ofGradient: number, isNesterov: number];

/**
 * Gradient descent with momentum in PyTorch's form: the rate is outside of the momentum, weight decay is added to the gradient, and the first
 * gradient is not dampened.
 * @param options momentum 0: without it, and without its slot
 * @see torch.optim.SGD; Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"
 */
export function sgdRule({ momentum, dampening, nesterov }: { momentum: number; dampening: number; nesterov: boolean }): UpdateRule {
  if (momentum === 0) return gradientDescentRule;
  const rule: UpdateRule<MomentumConstants> = {
    name: "sgd",
    slotsOf: slotsLikeParameter("momentum"),
    momentum,
    kernel: "momentum",
    constants: (moment) => [
      moment.learningRate,
      moment.weightDecay,
      moment.momentum,
      moment.step === 1 ? 1 : 1 - dampening,
      nesterov ? 1 : 0,
    ],
    updateArrays: (constants, values, gradient, [velocity]) => momentumLoop(constants, values, gradient, velocity!),
    updateTensors([learningRate, weightDecay, kept, ofGradient, isNesterov], values, gradient, [velocity]) {
      const g = decayedGradient(gradient, values, weightDecay);
      const newVelocity = velocity!.mul(kept).add(ofGradient === 1 ? g : g.mul(ofGradient));
      const direction = isNesterov === 1 ? g.add(newVelocity.mul(kept)) : newVelocity;
      return [values.sub(direction.mul(learningRate)), newVelocity];
    },
  };
  return rule;
}

// g = g + wd p;  b = mu b + (1 - dampening) g;  p = p - lr b, or with Nesterov p - lr (g + mu b)
function momentumLoop(
  [learningRate, weightDecay, kept, ofGradient, isNesterov]: MomentumConstants,
  values: Float32Array,
  gradient: Float32Array,
  velocity: Float32Array,
): void {
  const ofVelocity = isNesterov === 1 ? kept : 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const g = gradient[i]! + weightDecay * value;
    const newVelocity = kept * velocity[i]! + ofGradient * g;
    velocity[i] = newVelocity;
    values[i] = value - learningRate * (isNesterov * g + ofVelocity * newVelocity);
  }
}
