import type * as tf from "@tensorflow/tfjs";
import type { FusedUpdate } from "./host-memory-backend.js";

/** What changes from one update to the next. */
export interface UpdateMoment {
  /** How often this parameter has been updated, with this time: 1 at the first. */
  readonly step: number;
  /** Base rate times the schedule's factor. */
  readonly learningRate: number;
  readonly weightDecay: number;
}

/**
 * One algorithm, as its formula in two forms that give the same numbers: the fused loop takes its constants in float32, computes in float64 and
 * rounds what it stores to float32; the TensorFlow.js operations round every result to float32.
 * After 50 steps they differ by less than 1e-6, relative to values above 1.
 */
export interface UpdateRule {
  readonly name: string;
  /** The arrays kept for each parameter, of its shape; zeros at first. */
  readonly slotNames: readonly string[];
  /** Updates values and slots in place. */
  updateArrays(moment: UpdateMoment, values: Float32Array, gradient: Float32Array, slots: readonly Float32Array[]): void;
  /** The update as a kernel that a backend may offer, which does all parameters in one call and rounds as {@link updateTensors} does. */
  readonly kernel: {
    readonly name: FusedUpdate["kernel"];
    /** What the kernel needs to know of one parameter's update; always as many numbers. */
    constants(moment: UpdateMoment): readonly number[];
  };
  /** The new values, then the new slots. Called inside a tidy. */
  updateTensors(moment: UpdateMoment, values: tf.Tensor, gradient: tf.Tensor, slots: readonly tf.Tensor[]): tf.Tensor[];
}
