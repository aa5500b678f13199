import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";

type Numbers = Float32Array | Int32Array;

interface SelectFunctions {
  select(condition: Uint8Array, yes: Numbers, no: Numbers, result: Numbers): void;
}

export const selectKernels: KernelTable = {
  /** The condition has the shape of both tensors, or one value for each of their rows. */
  Select({ inputs, backend }) {
    const { condition, t, e } = inputs as Inputs<"condition" | "t" | "e">;
    if (condition.dtype !== "bool" || t.dtype !== e.dtype || (t.dtype !== "float32" && t.dtype !== "int32")) return undefined;
    const isYes = backend.bytes(condition);
    const yes = backend.memoryOf(t).values as Numbers;
    const no = backend.memoryOf(e).values as Numbers;
    const isForRows = condition.shape.length === 1 && condition.shape[0] === t.shape[0];
    if (yes.length !== no.length || !(isYes.length === yes.length || isForRows)) return undefined;
    const result = backend.take(t.dtype, yes.length) as Numbers;
    addon<SelectFunctions>().select(isYes, yes, no, result);
    return backend.own(t.shape, t.dtype, result);
  },
};
