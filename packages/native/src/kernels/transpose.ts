import type * as tf from "@tensorflow/tfjs";
import type { Inputs, KernelTable } from "../kernel.js";
import { copyOf, stridesOf } from "./strided-copy.js";

export const transposeKernels: KernelTable = {
  Transpose({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { perm } = attrs as tf.TransposeAttrs;
    const strides = stridesOf(x.shape);
    const shape = perm.map((axis) => x.shape[axis]!);
    return copyOf(backend, x, shape, { counts: shape, from: perm.map((axis) => strides[axis]!) });
  },
};
