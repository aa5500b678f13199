import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import { type Elements, factorOf } from "./elements.js";
import { gruKernels } from "./rnn-gru.js";
import { lstmKernels } from "./rnn-lstm.js";

interface WeightGradientFunctions {
  rnnWeightGradient(inputs: Elements, gateGradients: Elements, gradient: Float32Array, geometry: Int32Array): void;
}

const geometry = new Int32Array(5);

export const rnnKernels: KernelTable = {
  ...lstmKernels,
  ...gruKernels,

  /**
   * Gradient [m, width] of the weights that took inputs [batch, time, m] to gates with the gradients [batch, time, width]; the last third of the
   * gates came from `candidateInputs` where they are given (a GRU's recurrent kernel).
   */
  RnnWeightGradient({ inputs: tensors, backend }: KernelArguments) {
    const { inputs, gateGradients, candidateInputs } = tensors as Inputs<"inputs" | "gateGradients", "candidateInputs">;
    const [batch, time, m] = inputs.shape as [number, number, number];
    const width = gateGradients.shape[2]!;
    const gradient = backend.takeFloats(m * width);
    const multiply = (from: tf.TensorInfo, first: number, count: number): void => {
      geometry.set([batch * time, m, width, first, count]);
      addon<WeightGradientFunctions>().rnnWeightGradient(factorOf(backend, from), factorOf(backend, gateGradients), gradient, geometry);
    };
    const common = candidateInputs === undefined ? width : (width / 3) * 2;
    multiply(inputs, 0, common);
    if (candidateInputs !== undefined) multiply(candidateInputs, common, width - common);
    return backend.own([m, width], "float32", gradient);
  },
};
