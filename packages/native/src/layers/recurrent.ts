import * as tf from "@tensorflow/tfjs";
import { gru, lstm, type RnnInputs } from "../gradients/rnn.js";
import { type RnnActivation, rnnActivations, type RnnAttributes } from "../kernels/rnn-shape.js";
import { type LayerWeight, onlyInput, patchClass } from "./patch-class.js";

interface Activation {
  getClassName(): string;
}

interface RecurrentCell {
  readonly units: number;
  readonly kernel: LayerWeight;
  readonly recurrentKernel: LayerWeight;
  /** Null without `useBias`. */
  readonly bias: LayerWeight | null;
  readonly activation: Activation;
  readonly recurrentActivation: Activation;
  readonly dropout: number;
  readonly recurrentDropout: number;
  /** Of the last call with dropout. */
  dropoutMask: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask: tf.Tensor | tf.Tensor[] | null;
  getClassName(): string;
}

interface RecurrentLayer {
  readonly cell: RecurrentCell;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly unroll: boolean;
  /** Of a stateful layer. */
  readonly states_: tf.Tensor[] | null;
  resetStates(states: tf.Tensor[], training?: boolean): void;
}

interface CallOptions {
  readonly mask?: tf.Tensor | tf.Tensor[] | null;
  readonly training?: boolean;
  readonly initialState?: tf.Tensor[] | null;
}

type Call = [inputs: tf.Tensor | tf.Tensor[], options?: CallOptions];
type Sequence = (inputs: RnnInputs, attributes: RnnAttributes, wantsStates: boolean) => tf.Tensor[];

const isFused = ({ activation, recurrentActivation }: RecurrentCell): boolean =>
  [activation, recurrentActivation].every((it) => rnnActivations.includes(it.getClassName() as RnnActivation));

const hasDropout = ({ dropout, recurrentDropout }: RecurrentCell): boolean =>
  [dropout, recurrentDropout].some((rate) => rate > 0 && rate < 1);

/** As the layer does at the start of each call. */
function dropMasks(cell: RecurrentCell): void {
  for (const mask of [cell.dropoutMask, cell.recurrentDropoutMask]) if (mask !== null) tf.dispose(mask);
  cell.dropoutMask = cell.recurrentDropoutMask = null;
}

/** Whether x and the states are what the kernels take; second derivatives, which they have not, are left to TensorFlow.js. */
function canTake(x: tf.Tensor, states: readonly tf.Tensor[], units: number): boolean {
  return (
    x.dtype === "float32" &&
    x.rank === 3 &&
    x.size > 0 &&
    states.every(({ dtype, shape }) => dtype === "float32" && shape.length === 2 && shape[0] === x.shape[0] && shape[1] === units) &&
    tf.engine().state.gradientDepth < 2
  );
}

/** Has a class of tf.layers run whole sequences in one kernel, unless there is a mask, dropout or something unusual. */
function fuse(className: string, cellName: string, numStates: number, sequence: Sequence): void {
  patchClass<Call, tf.Tensor | tf.Tensor[]>(className, "call", (self, inputs, options) => {
    const layer = self as RecurrentLayer;
    const { cell, returnSequences, returnState, goBackwards, stateful } = layer;
    const given = options?.initialState ?? (stateful ? layer.states_ : undefined);
    if (options?.mask != null || layer.unroll || given === null || (given !== undefined && given.length !== numStates)) return undefined;
    if (Array.isArray(inputs) && inputs.length !== 1) return undefined;
    if (cell.getClassName() !== cellName || !isFused(cell) || (options?.training && hasDropout(cell))) return undefined;
    const x = onlyInput(inputs);
    const states = given ?? [];
    if (!canTake(x, states, cell.units)) return undefined;
    dropMasks(cell);
    return tf.tidy(() => {
      const results = sequence(
        {
          x,
          kernel: cell.kernel.read(),
          recurrentKernel: cell.recurrentKernel.read(),
          ...(cell.bias && { bias: cell.bias.read() }),
          ...(states[0] && { hidden: states[0] }),
          ...(states[1] && { cell: states[1] }),
        },
        {
          recurrentActivation: cell.recurrentActivation.getClassName() as RnnActivation,
          activation: cell.activation.getClassName() as RnnActivation,
          goBackwards,
          returnSequences,
        },
        returnState || stateful,
      );
      const output = results[0]!;
      const last = returnSequences ? results.slice(1) : results;
      if (stateful) layer.resetStates(last, options?.training);
      return returnState ? [output, ...last] : output;
    });
  });
}

fuse("LSTM", "LSTMCell", 2, lstm);
fuse("GRU", "GRUCell", 1, gru);
