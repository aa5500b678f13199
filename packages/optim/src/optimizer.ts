import type { StateRecord } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";

/** The base rate of one group of parameters. */
export interface GroupRate {
  /** The group's name; the rest of the parameters are `default`. */
  readonly name: string;
  readonly learningRate: number;
}

/** Updates parameters from gradients. Slots are kept by parameter name, so freezing one parameter changes nothing for the others. */
export interface Optimizer {
  /** Name of the algorithm, for logs and for checks against a saved state. */
  readonly name: string;
  /** The groups and their base rates, in the order given; the schedule's factor multiplies each. */
  readonly groups: readonly GroupRate[];
  /**
   * One step, synchronous. Parameters without an entry in `gradients` keep their values and slots.
   * @param gradients by parameter name; not disposed, not kept. @param parameters by the same names. @param rateFactor what the schedule gives, 1 without one.
   * @param momentum what a schedule gives that drives it: in place of the optimizer's own momentum or beta1.
   */
  apply(
    gradients: ReadonlyMap<string, tf.Tensor>,
    parameters: ReadonlyMap<string, tf.Variable>,
    rateFactor: number,
    momentum?: number,
  ): void;
  /** All slots and counters, exact, as host data. */
  saveState(): Promise<StateRecord>;
  /** Takes up a saved state. Throws a SnapfitError `OPTIMIZER_STATE` if it is another algorithm's or malformed. */
  loadState(state: StateRecord): void;
  dispose(): void;
}
