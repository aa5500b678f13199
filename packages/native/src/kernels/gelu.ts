import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";

interface GeluFunctions {
  gelu(x: Float32Array, y: Float32Array, isTanh: number): void;
  geluGrad(dy: Float32Array, x: Float32Array, dx: Float32Array, isTanh: number): void;
}
/** `approximate`: by tanh instead of the error function. */
interface GeluAttributes {
  readonly approximate: boolean;
}

export const geluKernels: KernelTable = {
  Gelu({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    if (x.dtype !== "float32") return undefined;
    const values = backend.floats(x);
    const y = backend.takeFloats(values.length);
    addon<GeluFunctions>().gelu(values, y, (attrs as GeluAttributes).approximate ? 1 : 0);
    return backend.own(x.shape, "float32", y);
  },

  GeluGrad({ inputs, attrs, backend }) {
    const { dy, x } = inputs as Inputs<"dy" | "x">;
    const values = backend.floats(x);
    const dx = backend.takeFloats(values.length);
    addon<GeluFunctions>().geluGrad(backend.floats(dy), values, dx, (attrs as GeluAttributes).approximate ? 1 : 0);
    return backend.own(x.shape, "float32", dx);
  },
};
