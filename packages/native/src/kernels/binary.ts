import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable, NativeKernel } from "../kernel.js";
import { broadcast, broadcastGeometry } from "./broadcast.js";
import { type Elements, elementsOf, takeElements } from "./elements.js";

type Numbers = Float32Array | Int32Array;

interface BinaryFunctions {
  binary(a: Float32Array, b: Float32Array, result: Numbers, operation: number, geometry: Int32Array): void;
  binaryMixed(a: Elements, b: Elements, result: Elements, operation: number, geometry: Int32Array): void;
  binaryInts(a: Int32Array, b: Int32Array, result: Int32Array, operation: number, geometry: Int32Array): void;
  addN(terms: readonly Float32Array[], sum: Float32Array): void;
}

/** In the order of the addon's numbers. */
const operations = [
  "Add",
  "Sub",
  "Multiply",
  "RealDiv",
  "Maximum",
  "Minimum",
  "SquaredDifference",
  "Prelu",
  "Pow",
  "Mod",
  "FloorDiv",
  "Atan2",
];
const operationsOfInts = new Set(["Add", "Sub", "Multiply", "Maximum", "Minimum", "SquaredDifference", "Mod", "FloorDiv"]);

/** The first of the operations: those that the addon has for bfloat16 as well. */
const numOfBf16 = 4;

/** bfloat16 where both are, or where the other is so small that it is repeated; float32 where the other is a full float32 tensor. */
function binaryMixed(
  backend: KernelArguments["backend"],
  operation: number,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
): tf.TensorInfo | undefined {
  const [valuesA, valuesB] = [elementsOf(backend, a), elementsOf(backend, b)];
  const shape = broadcast(a.shape, valuesA.length, b.shape, valuesB.length);
  if (shape === undefined) return undefined;
  const size = sizeOf(shape);
  const isFull = (values: Elements): boolean => values instanceof Float32Array && values.length === size;
  const result = takeElements(backend, !isFull(valuesA) && !isFull(valuesB), size);
  addon<BinaryFunctions>().binaryMixed(valuesA, valuesB, result, operation, broadcastGeometry);
  return backend.own(shape, "float32", result);
}

function binary(backend: KernelArguments["backend"], operation: number, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo | undefined {
  const { dtype } = a;
  if (b.dtype !== dtype) return undefined;
  if (dtype !== "float32" && !(dtype === "int32" && operationsOfInts.has(operations[operation]!))) return undefined;
  if (operation < numOfBf16 && (backend.memoryOf(a).isBf16Only || backend.memoryOf(b).isBf16Only))
    return binaryMixed(backend, operation, a, b);
  const valuesA = backend.floats(a);
  const valuesB = backend.floats(b);
  const shape = broadcast(a.shape, valuesA.length, b.shape, valuesB.length);
  if (shape === undefined) return undefined;
  const resultDtype = operation === floorDiv ? "int32" : dtype;
  const result = backend.take(resultDtype, sizeOf(shape)) as Numbers;
  if (dtype === "float32") addon<BinaryFunctions>().binary(valuesA, valuesB, result, operation, broadcastGeometry);
  else addon<BinaryFunctions>().binaryInts(backend.ints(a), backend.ints(b), result as Int32Array, operation, broadcastGeometry);
  return backend.own(shape, resultDtype, result);
}

const floorDiv = operations.indexOf("FloorDiv");
const prelu = operations.indexOf("Prelu");

function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis]!;
  return size;
}

export const binaryKernels: KernelTable = {
  ...Object.fromEntries(
    operations.map((name, number): [string, NativeKernel] => [
      name,
      ({ inputs, backend }) => {
        const { a, b } = inputs as Inputs<"a" | "b">;
        return binary(backend, number, a, b);
      },
    ]),
  ),

  Prelu({ inputs, backend }) {
    const { x, alpha } = inputs as Inputs<"x" | "alpha">;
    return binary(backend, prelu, x, alpha);
  },

  AddN({ inputs, backend }) {
    const terms = inputs as readonly tf.TensorInfo[];
    if (!terms.every((term) => term.dtype === "float32")) return undefined;
    const values = terms.map((term) => backend.floats(term));
    const sum = backend.takeFloats(values[0]!.length);
    addon<BinaryFunctions>().addN(values, sum);
    return backend.own(terms[0]!.shape, "float32", sum);
  },
};
