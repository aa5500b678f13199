import * as tf from "@tensorflow/tfjs";
import type { Inputs, KernelTable } from "../kernel.js";
import type { NativeBackend } from "../native-backend.js";
import { sizeOf } from "./strided-copy.js";

/** The two parts of a complex tensor have shapes of their own: left to the cpu backend. */
function reshaped(backend: NativeBackend, x: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo | undefined {
  return x.dtype === "complex64" ? undefined : backend.share(x, shape);
}

export const shapeKernels: KernelTable = {
  Identity({ inputs, backend }) {
    return backend.share((inputs as Inputs<"x">).x);
  },

  Reshape({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const size = sizeOf(x.shape);
    const shape = tf.util.inferFromImplicitShape((attrs as tf.ReshapeAttrs).shape, size);
    tf.util.assert(
      sizeOf(shape) === size,
      () => `reshape: [${x.shape.join(", ")}] has ${size} elements, but [${shape.join(", ")}] has ${sizeOf(shape)}.`,
    );
    return reshaped(backend, x, shape);
  },

  ExpandDims({ inputs, attrs, backend }) {
    const { input } = inputs as Inputs<"input">;
    const { dim } = attrs as tf.ExpandDimsAttrs;
    const rank = input.shape.length;
    tf.util.assert(dim >= -(rank + 1), () => `Axis must be in the interval [${-(rank + 1)}, ${rank}]`);
    const axis = dim < 0 ? rank + dim + 1 : dim;
    return reshaped(backend, input, [...input.shape.slice(0, axis), 1, ...input.shape.slice(axis)]);
  },
};
