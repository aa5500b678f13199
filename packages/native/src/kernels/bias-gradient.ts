import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { type Elements, elementsOf, takeLike } from "./elements.js";
import { type FusedActivation, fusedActivations } from "./fused-activation.js";

interface BiasGradientFunctions {
  biasedActivationGradient(dy: Elements, y: Elements, dz: Elements, dBias: Float32Array, activation: number): void;
}

/** Attributes of the kernel `FusedBiasGradient`, whose inputs are `dy` and `y` and whose results are the gradients before the activation and of the bias. */
interface FusedBiasGradientAttrs {
  readonly activation: FusedActivation;
}

export const biasGradientKernels: KernelTable = {
  FusedBiasGradient({ inputs, attrs, backend }) {
    const { dy, y } = inputs as Inputs<"dy" | "y">;
    const { activation } = attrs as FusedBiasGradientAttrs;
    const results = elementsOf(backend, y);
    const channels = y.shape.at(-1)!;
    const dz = takeLike(backend, results);
    const dBias = backend.takeFloats(channels);
    addon<BiasGradientFunctions>().biasedActivationGradient(
      elementsOf(backend, dy),
      results,
      dz,
      dBias,
      fusedActivations.indexOf(activation),
    );
    return [backend.own(y.shape, "float32", dz), backend.own([channels], "float32", dBias)] satisfies tf.TensorInfo[];
  },
};
