import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable, NativeKernel } from "../kernel.js";
import { type Elements, elementsOf } from "./elements.js";
import { planReduction, reduceInPasses, type Plan } from "./reduce-passes.js";

type Backend = KernelArguments["backend"];
type Values = Elements | Int32Array | Uint8Array;

interface ReduceFunctions {
  reduce(x: Elements, y: Float32Array, operation: number, sizes: Int32Array, divisor: number): void;
  reduceInts(x: Int32Array | Uint8Array, y: Int32Array, operation: number, sizes: Int32Array): void;
  reduceBools(x: Uint8Array, y: Uint8Array, operation: number, sizes: Int32Array): void;
  cast(x: Int32Array | Uint8Array, y: Float32Array): void;
}

/** In the order of the addon's numbers. */
const operations = { Sum: 0, Mean: 1, Max: 2, Min: 3, Prod: 4 } as const;
type Operation = (typeof operations)[keyof typeof operations];

function reduceFloats(backend: Backend, x: Elements, made: Plan, operation: Operation): Float32Array {
  return reduceInPasses<Elements>(backend, x, made, (values, given, isLast) => {
    const y = backend.takeFloats(given[0]! * given[2]!);
    const step = operation === operations.Mean && !isLast ? operations.Sum : operation;
    addon<ReduceFunctions>().reduce(values, y, step, given, made.numReduced);
    return y;
  }) as Float32Array;
}

/** Without axes to reduce, only the shape changes. */
const isNothing = ({ groups }: Plan): boolean => !groups.some(({ isReduced }) => isReduced);

function reduction(name: keyof typeof operations, axisOf: (attrs: object) => number | number[]): NativeKernel {
  const operation = operations[name];
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as Inputs<"x">;
    // Sums and means read bfloat16; the result is float32 always.
    const readsBf16 = operation === operations.Sum || operation === operations.Mean;
    if (x.dtype === "complex64") return undefined;
    const values = (readsBf16 ? elementsOf(backend, x) : backend.memoryOf(x).values) as Values;
    const made = planReduction(x.shape, axisOf(attrs), (attrs as { keepDims?: boolean }).keepDims === true);
    if (values.length === 0 || values.length >= 2 ** 31) return undefined;
    if (x.dtype === "float32") {
      if (isNothing(made)) return backend.share(x, made.shape);
      return backend.own(made.shape, "float32", reduceFloats(backend, values as Elements, made, operation));
    }
    if (name === "Mean") return meanOfOthers(backend, x, made);
    if (name === "Prod" || isNothing(made) || (x.dtype !== "int32" && !(name === "Sum" && x.dtype === "bool"))) return undefined;
    const reduced = reduceInPasses<Int32Array | Uint8Array>(backend, values as Int32Array, made, (from, given) => {
      const y = backend.take("int32", given[0]! * given[2]!) as Int32Array;
      addon<ReduceFunctions>().reduceInts(from, y, operation, given);
      return y;
    });
    return backend.own(made.shape, "int32", reduced);
  };
}

/** The mean of int32 and bool is float32. */
function meanOfOthers(backend: Backend, x: tf.TensorInfo, made: Plan): tf.TensorInfo | undefined {
  if (x.dtype !== "int32" && x.dtype !== "bool") return undefined;
  const values = backend.memoryOf(x).values as Int32Array | Uint8Array;
  const floats = backend.takeFloats(values.length);
  addon<ReduceFunctions>().cast(values, floats);
  if (isNothing(made)) return backend.own(made.shape, "float32", floats);
  const mean = reduceFloats(backend, floats, made, operations.Mean);
  backend.pool.give(floats);
  return backend.own(made.shape, "float32", mean);
}

function reduceBools(operation: Operation): NativeKernel {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as Inputs<"x">;
    const { axis, keepDims } = attrs as tf.AllAttrs;
    const values = backend.bytes(x);
    const made = planReduction(x.shape, axis, keepDims);
    if (x.dtype !== "bool" || values.length === 0 || values.length >= 2 ** 31) return undefined;
    if (isNothing(made)) return backend.share(x, made.shape);
    const reduced = reduceInPasses(backend, values, made, (from, given) => {
      const y = backend.take("bool", given[0]! * given[2]!) as Uint8Array;
      addon<ReduceFunctions>().reduceBools(from, y, operation, given);
      return y;
    });
    return backend.own(made.shape, "bool", reduced);
  };
}

const axis = (attrs: object): number | number[] => (attrs as { axis: number[] }).axis;
const reductionIndices = (attrs: object): number | number[] => (attrs as tf.MaxAttrs).reductionIndices;

export const reduceKernels: KernelTable = {
  Sum: reduction("Sum", axis),
  Mean: reduction("Mean", axis),
  Max: reduction("Max", reductionIndices),
  Min: reduction("Min", axis),
  Prod: reduction("Prod", axis),
  Any: reduceBools(operations.Max),
  All: reduceBools(operations.Min),
};
