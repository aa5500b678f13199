import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { type FusedActivation, fusedActivations } from "./fused-activation.js";

interface BiasGradientFunctions {
  biasedActivationGradient(dy: Float32Array, y: Float32Array, dz: Float32Array, dBias: Float32Array, activation: number): void;
}

/** Attributes of the kernel `FusedBiasGradient`, whose inputs are `dy` and `y` and whose results are the gradients before the activation and of the bias. */
export interface FusedBiasGradientAttrs {
  readonly activation: FusedActivation;
}

export const biasGradientKernels: KernelTable = {
  FusedBiasGradient({ inputs, attrs, backend }) {
    const { dy, y } = inputs as Inputs<"dy" | "y">;
    const { activation } = attrs as FusedBiasGradientAttrs;
    const gradient = backend.floats(dy);
    const channels = y.shape.at(-1)!;
    const dz = backend.takeFloats(gradient.length);
    const dBias = backend.takeFloats(channels);
    addon<BiasGradientFunctions>().biasedActivationGradient(gradient, backend.floats(y), dz, dBias, fusedActivations.indexOf(activation));
    return [backend.own(y.shape, "float32", dz), backend.own([channels], "float32", dBias)] satisfies tf.TensorInfo[];
  },
};
