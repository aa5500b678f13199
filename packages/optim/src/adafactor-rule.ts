import type * as tf from "@tensorflow/tfjs";
import { adafactorLoops } from "./adafactor-loops.js";
import { decayConstants, type UpdateRule } from "./update-rule.js";

/** What {@link adafactorRule} needs beyond rates. */
export interface AdafactorNumbers {
  readonly beta2Decay: number;
  readonly epsilon: number;
  readonly minScale: number;
  readonly clipThreshold: number;
}

/** In the order of the kernel. */
export type AdafactorConstants = [
  kept: number,
  ofSquare: number,
  rate: number,
  minScale: number,
  epsilon: number,
  clipThreshold: number,
  isFactored: number,
];

/**
 * Parameters of two dimensions and more are matrices in their last two; the others keep their mean square itself.
 *
 * v = row / max(mean(row), eps) column, or the mean square;  u = g / max(sqrt(v), eps)
 * p = p - lr wd p - max(minScale, rms(p)) min(lr, 1 / sqrt(step)) / max(1, rms(u) / clipThreshold) u
 * @see torch.optim.Adafactor; Shazeer & Stern 2018, arXiv:1804.04235, algorithm 4
 */
export function adafactorRule({ beta2Decay, epsilon, minScale, clipThreshold }: AdafactorNumbers): UpdateRule {
  const rule: UpdateRule<AdafactorConstants> = {
    name: "adafactor",
    slotsOf(shape) {
      if (shape.length < 2) return [{ name: "meanSquare", shape }];
      return [
        { name: "rowMeans", shape: shape.slice(0, -1) },
        { name: "columnMeans", shape: shape.toSpliced(-2, 1) },
      ];
    },
    kernel: "adafactor",
    constants(moment) {
      const { step, learningRate, shape } = moment;
      const [, kept] = decayConstants(moment, true);
      const rate = Math.sign(learningRate) * Math.min(Math.abs(learningRate), 1 / Math.sqrt(step));
      return [kept, step ** -beta2Decay, rate, minScale, epsilon, clipThreshold, shape.length < 2 ? 0 : 1];
    },
    updateArrays: (constants, values, gradient, slots) => adafactorLoops(constants, values, gradient, slots),
    updateTensors([kept, ofSquare, rate, least, added, threshold, isFactored], values, gradient, slots) {
      if (values.size === 0) return [values.clone(), ...slots.map((slot) => slot.clone())];
      const mix = (mean: tf.Tensor, now: tf.Tensor): tf.Tensor => mean.add(now.sub(mean).mul(ofSquare));
      const square = gradient.square();
      const newSlots = isFactored === 1 ? [mix(slots[0]!, square.mean(-1)), mix(slots[1]!, square.mean(-2))] : [mix(slots[0]!, square)];
      const variance = isFactored === 1 ? varianceOf(newSlots[0]!, newSlots[1]!, added) : newSlots[0]!;
      const step = gradient.div(variance.maximum(added * added).sqrt());
      const size = values.square().mean().sqrt().maximum(least).mul(rate);
      const limited = size.div(step.square().mean().sqrt().div(threshold).maximum(1));
      return [(kept === 1 ? values : values.mul(kept)).sub(step.mul(limited)), ...newSlots];
    },
  };
  return rule;
}

function varianceOf(rowMeans: tf.Tensor, columnMeans: tf.Tensor, epsilon: number): tf.Tensor {
  const relative = rowMeans.div(rowMeans.mean(-1, true).maximum(epsilon));
  return relative.expandDims(-1).mul(columnMeans.expandDims(-2));
}
