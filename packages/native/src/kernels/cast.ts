import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";

type Values = Float32Array | Int32Array | Uint8Array;

interface CastFunctions {
  cast(x: Values, y: Values): void;
}

const isPooled = (dtype: string): dtype is "float32" | "int32" | "bool" => dtype === "float32" || dtype === "int32" || dtype === "bool";

export const castKernels: KernelTable = {
  /** The storage is converted too: the cpu backend's kernel hands an Int32Array on as float32. */
  Cast({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { dtype } = attrs as tf.CastAttrs;
    if (x.dtype === dtype) return backend.share(x);
    if (!isPooled(x.dtype) || !isPooled(dtype)) return undefined;
    const values = backend.memoryOf(x).values as Values;
    const result = backend.take(dtype, values.length);
    addon<CastFunctions>().cast(values, result);
    return backend.own(x.shape, dtype, result);
  },
};
