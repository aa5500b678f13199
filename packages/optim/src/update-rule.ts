import type * as tf from "@tensorflow/tfjs";
import type { FusedUpdate } from "./host-memory-backend.js";

/** One parameter, and what changes from one update of it to the next. */
export interface UpdateMoment {
  /** How often this parameter has been updated, with this time: 1 at the first. */
  readonly step: number;
  /** Base rate times the schedule's factor; negative where the objective is maximized. */
  readonly learningRate: number;
  /** Of the same sign as the rate, so that their product shrinks the parameter and the sign of the gradient need not be turned. */
  readonly weightDecay: number;
  /** The rule's momentum or what a schedule has made of it; 0 in a rule without. */
  readonly momentum: number;
  /** Product of the rule's {@link UpdateRule.momentumOf} over the updates of this parameter, with this one; 1 in a rule without. */
  readonly momentumProduct: number;
  /** Of the parameter. */
  readonly shape: readonly number[];
}

/** An array that is kept for a parameter; zeros at first. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * One algorithm, as its formula in two forms that give the same numbers: the fused loop computes in float64 and rounds what it stores to float32;
 * the TensorFlow.js operations round every result to float32. After 50 steps they differ by less than 1e-6, relative to values above 1.
 * A third form, of the same numbers as the second, is the kernel that a backend may offer.
 */
export interface UpdateRule<Constants extends readonly number[] = readonly number[]> {
  readonly name: string;
  /** What is kept for a parameter of this shape, in the order of the forms. */
  slotsOf(shape: readonly number[]): readonly Slot[];
  /** Decay of the mean of the gradients, which a schedule may drive; without it, none can. */
  readonly momentum?: number | undefined;
  /** The momentum of an update, where it is made of the one that is driven; the product of all so far is then kept for each parameter. */
  momentumOf?(driven: number, step: number): number;
  readonly kernel: FusedUpdate["kernel"];
  /** The numbers of one update, in the order of the kernel: all forms get them rounded to float32, as PyTorch's kernels take them. */
  constants(moment: UpdateMoment): Constants;
  /** Updates values and slots in place. */
  updateArrays(constants: Constants, values: Float32Array, gradient: Float32Array, slots: readonly Float32Array[]): void;
  /** The new values, then the new slots. Called inside a tidy. */
  updateTensors(constants: Constants, values: tf.Tensor, gradient: tf.Tensor, slots: readonly tf.Tensor[]): tf.Tensor[];
}

/** Slots of the parameter's shape, for {@link UpdateRule.slotsOf}. */
export function slotsLikeParameter(...names: readonly string[]): (shape: readonly number[]) => Slot[] {
  return (shape) => names.map((name) => ({ name, shape }));
}

/** The constants of an update as all forms take them. */
export function roundedConstants(rule: UpdateRule, moment: UpdateMoment): number[] {
  return rule.constants(moment).map((constant) => Math.fround(constant));
}

/** The gradient with weight decay added to it. */
export function decayedGradient(gradient: tf.Tensor, values: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay === 0 ? gradient : gradient.add(values.mul(weightDecay));
}

/**
 * What is added to the gradient for each value, and by what the values shrink: one of both is neutral, as weight decay is
 * decoupled (p = p - lr wd p before the step) or not (g = g + wd p).
 */
export function decayConstants({ learningRate, weightDecay }: UpdateMoment, isDecoupled: boolean): [addedDecay: number, kept: number] {
  return isDecoupled ? [0, 1 - learningRate * weightDecay] : [weightDecay, 1];
}
