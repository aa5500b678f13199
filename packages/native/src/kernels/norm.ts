import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { type Elements, elementsOf, takeLike } from "./elements.js";
import { hasFloatRows, rowsOf } from "./rows.js";

type F = Float32Array;
interface NormFunctions {
  layerNorm(x: F, gamma: F, beta: F, y: F, rows: Int32Array, epsilon: number): void;
  layerNormGrad(dy: F, x: F, gamma: F, dx: F, dGamma: F, dBeta: F, rows: Int32Array, epsilon: number): void;
  batchNorm(
    x: Elements,
    mean: F,
    variance: F,
    gamma: F | undefined,
    beta: F | undefined,
    y: Elements,
    rows: Int32Array,
    epsilon: number,
  ): void;
}
/** Of the layer normalisation. */
interface EpsilonAttribute {
  readonly epsilon: number;
}

/** Whether the tensor holds one float32 value for each channel of `x`. */
export const isByChannel = (tensor: tf.TensorInfo | undefined, x: tf.TensorInfo): boolean =>
  tensor === undefined || (tensor.dtype === "float32" && tensor.shape.length === 1 && tensor.shape[0] === x.shape.at(-1));

export const normKernels: KernelTable = {
  FusedLayerNorm({ inputs, attrs, backend }) {
    const { x, gamma, beta } = inputs as Inputs<"x" | "gamma" | "beta">;
    if (!hasFloatRows(x) || !isByChannel(gamma, x) || !isByChannel(beta, x)) return undefined;
    const values = backend.floats(x);
    const y = backend.takeFloats(values.length);
    const { epsilon } = attrs as EpsilonAttribute;
    addon<NormFunctions>().layerNorm(values, backend.floats(gamma), backend.floats(beta), y, rowsOf(x), epsilon);
    return backend.own(x.shape, "float32", y);
  },

  /** [dx, dGamma, dBeta] */
  FusedLayerNormGrad({ inputs, attrs, backend }) {
    const { dy, x, gamma } = inputs as Inputs<"dy" | "x" | "gamma">;
    const values = backend.floats(x);
    const scale = backend.floats(gamma);
    const [dx, dGamma, dBeta] = [values, scale, scale].map(({ length }) => backend.takeFloats(length)) as [F, F, F];
    const { epsilon } = attrs as EpsilonAttribute;
    addon<NormFunctions>().layerNormGrad(backend.floats(dy), values, scale, dx, dGamma, dBeta, rowsOf(x), epsilon);
    return [backend.own(x.shape, "float32", dx), backend.own(gamma.shape, "float32", dGamma), backend.own(gamma.shape, "float32", dBeta)];
  },

  FusedBatchNorm({ inputs, attrs, backend }) {
    const { x, mean, variance, scale, offset } = inputs as Inputs<"x" | "mean" | "variance", "scale" | "offset">;
    if (!hasFloatRows(x) || ![mean, variance, scale, offset].every((each) => isByChannel(each ?? undefined, x))) return undefined;
    const values = elementsOf(backend, x);
    const y = takeLike(backend, values);
    addon<NormFunctions>().batchNorm(
      values,
      backend.floats(mean),
      backend.floats(variance),
      scale && backend.floats(scale),
      offset && backend.floats(offset),
      y,
      rowsOf(x),
      (attrs as tf.FusedBatchNormAttrs).varianceEpsilon ?? 0.001,
    );
    return backend.own(x.shape, "float32", y);
  },
};
