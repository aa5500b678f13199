import { addon } from "../addon.js";
import type { Inputs, KernelTable, NativeKernel } from "../kernel.js";
import { broadcast, broadcastGeometry } from "./broadcast.js";

type Values = Float32Array | Int32Array | Uint8Array;

interface CompareFunctions {
  compare(a: Values, b: Values, truth: Uint8Array, comparison: number, geometry: Int32Array): void;
}

/** In the order of the addon's numbers. */
const comparisons = ["Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr"];
const dtypes = new Set(["float32", "int32", "bool"]);
const logicDtypes = new Set(["bool"]);

export const compareKernels: KernelTable = Object.fromEntries(
  comparisons.map((name, number): [string, NativeKernel] => {
    const allowed = name.startsWith("Logical") ? logicDtypes : dtypes;
    return [
      name,
      ({ inputs, backend }) => {
        const { a, b } = inputs as Inputs<"a" | "b">;
        if (a.dtype !== b.dtype || !allowed.has(a.dtype)) return undefined;
        const valuesA = backend.memoryOf(a).values as Values;
        const valuesB = backend.memoryOf(b).values as Values;
        const shape = broadcast(a.shape, valuesA.length, b.shape, valuesB.length);
        if (shape === undefined) return undefined;
        const truth = backend.take(
          "bool",
          shape.reduce((size, dim) => size * dim, 1),
        ) as Uint8Array;
        addon<CompareFunctions>().compare(valuesA, valuesB, truth, number, broadcastGeometry);
        return backend.own(shape, "bool", truth);
      },
    ];
  }),
);
