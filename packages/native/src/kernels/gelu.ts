import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { type Elements, elementsOf, takeLike } from "./elements.js";

interface GeluFunctions {
  gelu(x: Elements, y: Elements, isTanh: number): void;
  geluGrad(dy: Elements, x: Elements, dx: Elements, isTanh: number): void;
}
/** `approximate`: by tanh instead of the error function. */
interface GeluAttributes {
  readonly approximate: boolean;
}

export const geluKernels: KernelTable = {
  Gelu({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    if (x.dtype !== "float32") return undefined;
    const values = elementsOf(backend, x);
    const y = takeLike(backend, values);
    addon<GeluFunctions>().gelu(values, y, (attrs as GeluAttributes).approximate ? 1 : 0);
    return backend.own(x.shape, "float32", y);
  },

  GeluGrad({ inputs, attrs, backend }) {
    const { dy, x } = inputs as Inputs<"dy" | "x">;
    const values = elementsOf(backend, x);
    const dx = takeLike(backend, values);
    addon<GeluFunctions>().geluGrad(elementsOf(backend, dy), values, dx, (attrs as GeluAttributes).approximate ? 1 : 0);
    return backend.own(x.shape, "float32", dx);
  },
};
