import { addon } from "../addon.js";
import type { Inputs, KernelTable } from "../kernel.js";
import { broadcast, broadcastGeometry } from "./broadcast.js";
import { type Elements, elementsOf, takeElements } from "./elements.js";

interface BroadcastFunctions {
  binary(a: Elements, b: Float32Array, result: Elements, operation: number, geometry: Int32Array): void;
  binaryMixed(a: Elements, b: Float32Array, result: Elements, operation: number, geometry: Int32Array): void;
}

/** Attributes of the kernel `BroadcastScaled`, whose input is `x`. */
export interface BroadcastScaledAttrs {
  /** Of x with dims of 1 where it is repeated. */
  readonly expandedShape: readonly number[];
  readonly shape: readonly number[];
  readonly scale: number;
  /** Whether the result lies as bfloat16. */
  readonly isBf16: boolean;
}

const multiply = 2;
const factor = new Float32Array(1);

export const broadcastScaledKernels: KernelTable = {
  /** x repeated up to a shape, times a number: the gradient of sums and means. */
  BroadcastScaled({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { expandedShape, shape, scale, isBf16 } = attrs as BroadcastScaledAttrs;
    if (x.dtype !== "float32") return undefined;
    const values = elementsOf(backend, x);
    const size = shape.reduce((product, dim) => product * dim, 1);
    if (broadcast(expandedShape, values.length, shape, size) === undefined) return undefined;
    const result = takeElements(backend, isBf16, size);
    // The second operand is the factor, at every place.
    const rank = broadcastGeometry[0]!;
    broadcastGeometry.fill(0, 1 + 2 * rank, 1 + 3 * rank);
    factor[0] = scale;
    const { binary, binaryMixed } = addon<BroadcastFunctions>();
    (isBf16 || values instanceof Uint16Array ? binaryMixed : binary)(values, factor, result, multiply, broadcastGeometry);
    return backend.own(shape, "float32", result);
  },
};
