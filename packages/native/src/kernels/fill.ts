import * as tf from "@tensorflow/tfjs";
import type { Inputs, KernelTable } from "../kernel.js";
import type { NativeBackend, PooledDtype } from "../native-backend.js";
import { sizeOf } from "./strided-copy.js";

const hasOwnMemory = (dtype: tf.DataType): dtype is PooledDtype => dtype === "float32" || dtype === "int32" || dtype === "bool";

function filled(backend: NativeBackend, shape: readonly number[], dtype: tf.DataType, value: number): tf.TensorInfo | undefined {
  return hasOwnMemory(dtype) ? backend.own(shape, dtype, backend.take(dtype, sizeOf(shape)).fill(value)) : undefined;
}

/** Each value is the one before, rounded, and the step, as on the cpu backend. */
function progression(
  backend: NativeBackend,
  dtype: tf.DataType,
  { start, step, count }: { start: number; step: number; count: number },
): tf.TensorInfo | undefined {
  if (!hasOwnMemory(dtype) || dtype === "bool") return undefined;
  const values = backend.take(dtype, count);
  if (count > 0) values[0] = start;
  for (let i = 1; i < count; i++) values[i] = values[i - 1]! + step;
  return backend.own([count], dtype, values);
}

export const fillKernels: KernelTable = {
  Fill({ attrs, backend }) {
    const { shape, value, dtype } = attrs as tf.FillAttrs;
    return filled(backend, shape, dtype || tf.util.inferDtype(value as number), value as number);
  },

  ZerosLike({ inputs, backend }) {
    const { x } = inputs as Inputs<"x">;
    return filled(backend, x.shape, x.dtype, 0);
  },

  OnesLike({ inputs, backend }) {
    const { x } = inputs as Inputs<"x">;
    return filled(backend, x.shape, x.dtype, 1);
  },

  Range({ attrs, backend }) {
    const { start, stop, step, dtype } = attrs as tf.RangeAttrs;
    // A step of 1 counts down where it has to; others that lead away from `stop` give nothing.
    const isEmpty = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
    const count = isEmpty ? 0 : Math.abs(Math.ceil((stop - start) / step));
    return progression(backend, dtype, { start, step: stop < start && step === 1 ? -1 : step, count });
  },

  LinSpace({ attrs, backend }) {
    const { start, stop, num } = attrs as tf.LinSpaceAttrs;
    return progression(backend, "float32", { start, step: (stop - start) / (num - 1), count: num });
  },
};
