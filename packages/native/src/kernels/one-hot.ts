import type * as tf from "@tensorflow/tfjs";
import type { Inputs, KernelTable } from "../kernel.js";
import type { PooledDtype } from "../native-backend.js";
import { canMove, sizeOf } from "./strided-copy.js";

export const oneHotKernels: KernelTable = {
  /** In an array of the dtype, unlike on cpu; indices outside of [0, depth) give a row of `offValue`. */
  OneHot({ inputs, attrs, backend }) {
    const { indices } = inputs as Inputs<"indices">;
    const { depth, onValue, offValue, dtype = "int32" } = attrs as Omit<tf.OneHotAttrs, "dtype"> & { dtype?: tf.DataType };
    const shape = [...indices.shape, depth];
    if (indices.dtype !== "int32" || !canMove([indices], sizeOf(shape)) || !["float32", "int32", "bool"].includes(dtype)) return undefined;
    const encoded = backend.take(dtype as PooledDtype, sizeOf(shape)).fill(offValue);
    const classes = backend.ints(indices);
    for (let row = 0; row < classes.length; row++) {
      const index = classes[row]!;
      if (index >= 0 && index < depth) encoded[row * depth + index] = onValue;
    }
    return backend.own(shape, dtype, encoded);
  },
};
