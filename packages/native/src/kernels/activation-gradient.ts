import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import { type Elements, elementsOf, takeLike } from "./elements.js";
import type * as tf from "@tensorflow/tfjs";

interface ActivationGradientFunctions {
  activationGradient(dy: Elements, saved: Elements, dx: Elements, activation: number, alpha: number): void;
}

/** In the order of the addon's numbers. Of relu, elu, sigmoid and tanh the result is saved, of the others the input. */
const differentiatedActivations = ["relu", "relu6", "leakyRelu", "elu", "selu", "sigmoid", "tanh", "softplus"] as const;
export type DifferentiatedActivation = (typeof differentiatedActivations)[number];

/** Attributes of the kernel `FusedActivationGradient`, whose inputs are `dy` and `saved`. */
export interface ActivationGradientAttrs {
  readonly activation: DifferentiatedActivation;
  /** Of leakyRelu. */
  readonly alpha?: number;
}

function activationGradient(
  backend: KernelArguments["backend"],
  [dy, saved]: readonly [tf.TensorInfo, tf.TensorInfo],
  { activation, alpha = 0 }: ActivationGradientAttrs,
): tf.TensorInfo | undefined {
  if (dy.dtype !== "float32" || saved.dtype !== "float32") return undefined;
  const gradient = elementsOf(backend, dy);
  const values = elementsOf(backend, saved);
  if (gradient.length !== values.length) return undefined;
  const dx = takeLike(backend, values);
  addon<ActivationGradientFunctions>().activationGradient(gradient, values, dx, differentiatedActivations.indexOf(activation), alpha);
  return backend.own(saved.shape, "float32", dx);
}

export const activationGradientKernels: KernelTable = {
  FusedActivationGradient({ inputs, attrs, backend }) {
    const { dy, saved } = inputs as Inputs<"dy" | "saved">;
    return activationGradient(backend, [dy, saved], attrs as ActivationGradientAttrs);
  },

  EluGrad({ inputs, backend }) {
    const { dy, y } = inputs as Inputs<"dy" | "y">;
    return activationGradient(backend, [dy, y], { activation: "elu" });
  },
};
