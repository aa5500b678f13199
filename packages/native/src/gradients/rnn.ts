import * as tf from "@tensorflow/tfjs";
import type { RnnAttributes } from "../kernels/rnn-shape.js";
import { runKernel, runKernels } from "./run.js";

/** What a recurrent layer computes with; left out states are zero. */
export interface RnnInputs {
  /** [batch, time, features] */
  readonly x: tf.Tensor;
  /** [features, gates] */
  readonly kernel: tf.Tensor;
  /** [units, gates] */
  readonly recurrentKernel: tf.Tensor;
  /** [gates] */
  readonly bias?: tf.Tensor;
  /** [batch, units] */
  readonly hidden?: tf.Tensor;
  /** [batch, units]; LSTM only. */
  readonly cell?: tf.Tensor;
}

type Gradients = Record<string, () => tf.Tensor>;

interface CustomOperation {
  readonly forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => tf.Tensor[];
  readonly backwardsFunc: (dy: tf.Tensor | tf.Tensor[], saved: tf.Tensor[]) => Gradients;
  readonly inputs: object;
  readonly attrs: object;
}

/**
 * What is behind tf.customGrad, which takes one result only. As a registered kernel the gates would be results too, and TensorFlow.js would make
 * zeros of their size for each gradient.
 */
function runOperation(operation: CustomOperation): tf.Tensor[] {
  return (tf.engine() as unknown as { runKernelFunc(operation: CustomOperation): tf.Tensor[] }).runKernelFunc(operation);
}

const rows = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [-1, x.shape[x.rank - 1]!]);

function inputGradient(x: tf.Tensor, gateGradients: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.matMul(rows(gateGradients), kernel as tf.Tensor2D, false, true), x.shape);
}

/** Gradients of the results by name. */
function named(names: readonly string[], dy: tf.Tensor | tf.Tensor[]): Record<string, tf.Tensor> {
  return Object.fromEntries([dy].flat().map((gradient, i) => [names[i]!, gradient]));
}

/** An LSTM over a sequence: [output sequence (where `returnSequences`), last hidden state, last cell (both where `wantsStates` or no sequence)] */
export function lstm(inputs: RnnInputs, attributes: RnnAttributes, wantsStates: boolean): tf.Tensor[] {
  const { returnSequences } = attributes;
  const names = [
    ...(returnSequences ? ["sequence"] : []),
    ...(wantsStates || !returnSequences ? ["lastHidden"] : []),
    ...(wantsStates ? ["lastCell"] : []),
  ];
  return runOperation({
    inputs,
    attrs: {},
    forwardFunc(_, save) {
      const { x, kernel, recurrentKernel, cell } = inputs;
      const results = runKernels("FusedLstm", inputs as unknown as Record<string, tf.Tensor>, attributes);
      const sequence = returnSequences ? results.shift()! : undefined;
      const [lastHidden, lastCell, gates, cells, previous] = results as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      save([x, kernel, recurrentKernel, gates, cells, previous, ...(cell ? [cell] : [])]);
      const byName: Record<string, tf.Tensor | undefined> = { sequence, lastHidden, lastCell };
      return names.map((name) => byName[name]!);
    },
    backwardsFunc(dy, [x, kernel, recurrentKernel, gates, cells, previous, cell]) {
      const given = { ...named(names, dy), gates: gates!, cells: cells!, recurrentKernel: recurrentKernel!, ...(cell && { cell }) };
      // At once, not when the first of them is asked for: its scope would dispose the others.
      const [gateGradients, bias, hiddenGradient, cellGradient] = runKernels("FusedLstmGrad", given, attributes);
      return {
        x: () => inputGradient(x!, gateGradients!, kernel!),
        kernel: () => runKernel("RnnWeightGradient", { inputs: x!, gateGradients: gateGradients! }),
        recurrentKernel: () => runKernel("RnnWeightGradient", { inputs: previous!, gateGradients: gateGradients! }),
        bias: () => bias!,
        hidden: () => hiddenGradient!,
        cell: () => cellGradient!,
      };
    },
  });
}

/** A GRU over a sequence: [output sequence (where `returnSequences`), last state (where `wantsStates` or no sequence)] */
export function gru(inputs: RnnInputs, attributes: RnnAttributes, wantsStates: boolean): tf.Tensor[] {
  const { returnSequences } = attributes;
  const names = [...(returnSequences ? ["sequence"] : []), ...(wantsStates || !returnSequences ? ["lastHidden"] : [])];
  return runOperation({
    inputs,
    attrs: {},
    forwardFunc(_, save) {
      const { x, kernel, recurrentKernel } = inputs;
      const results = runKernels("FusedGru", inputs as unknown as Record<string, tf.Tensor>, attributes);
      const sequence = returnSequences ? results.shift()! : undefined;
      const [lastHidden, gates, reset, previous] = results as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      save([x, kernel, recurrentKernel, gates, reset, previous]);
      const byName: Record<string, tf.Tensor | undefined> = { sequence, lastHidden };
      return names.map((name) => byName[name]!);
    },
    backwardsFunc(dy, [x, kernel, recurrentKernel, gates, reset, previous]) {
      const given = { ...named(names, dy), gates: gates!, previous: previous!, recurrentKernel: recurrentKernel! };
      const [gateGradients, bias, hiddenGradient] = runKernels("FusedGruGrad", given, attributes);
      return {
        x: () => inputGradient(x!, gateGradients!, kernel!),
        kernel: () => runKernel("RnnWeightGradient", { inputs: x!, gateGradients: gateGradients! }),
        recurrentKernel: () =>
          runKernel("RnnWeightGradient", { inputs: previous!, gateGradients: gateGradients!, candidateInputs: reset! }),
        bias: () => bias!,
        hidden: () => hiddenGradient!,
      };
    },
  });
}
