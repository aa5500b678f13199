import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable, NativeKernel } from "../kernel.js";
import { type Elements, elementsOf, takeLike } from "./elements.js";

interface UnaryFunctions {
  unary(x: Elements, y: Elements, operation: number, alpha: number, beta: number): void;
  predicate(x: Float32Array, truth: Uint8Array, operation: number): void;
  logicalNot(x: Uint8Array, y: Uint8Array): void;
}

/** Kernels that are a function of each element, in the order of the addon's numbers. */
const operations = (
  "Abs Ceil ClipByValue Elu Erf Exp Expm1 Floor LeakyRelu Log Log1p Neg Reciprocal Relu Relu6 " +
  "Round Rsqrt Selu Sigmoid Sign Softplus Sqrt Square Step Tanh " +
  "Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh"
).split(" ");
/** Whose result may lie as bfloat16 if the input does. The others, exponentials and logarithms above all, are computed and kept in float32. */
const ofBf16 = "Abs ClipByValue Elu LeakyRelu Neg Relu Relu6 Selu Sigmoid Sign Step Tanh".split(" ");
const staysBf16 = operations.map((name) => ofBf16.includes(name));
const predicates = ["IsNan", "IsInf", "IsFinite"];

function unary(
  { inputs, backend }: KernelArguments,
  operation: number,
  { alpha = 0, beta = 0 }: { alpha?: number; beta?: number } = {},
): tf.TensorInfo | undefined {
  const { x } = inputs as Inputs<"x">;
  if (x.dtype !== "float32") return undefined;
  const values = staysBf16[operation] ? elementsOf(backend, x) : backend.floats(x);
  const result = takeLike(backend, values);
  addon<UnaryFunctions>().unary(values, result, operation, alpha, beta);
  return backend.own(x.shape, "float32", result);
}

const noParameters = {};

const simpleKernels: KernelTable = Object.fromEntries(
  operations.map((name, number): [string, NativeKernel] => [name, (call) => unary(call, number, noParameters)]),
);

const predicateKernels: KernelTable = Object.fromEntries(
  predicates.map((name, number): [string, NativeKernel] => [
    name,
    ({ inputs, backend }) => {
      const { x } = inputs as Inputs<"x">;
      if (x.dtype !== "float32") return undefined;
      const values = backend.floats(x);
      const truth = backend.take("bool", values.length) as Uint8Array;
      addon<UnaryFunctions>().predicate(values, truth, number);
      return backend.own(x.shape, "bool", truth);
    },
  ]),
);

const leakyRelu = operations.indexOf("LeakyRelu");
const step = operations.indexOf("Step");
const clipByValue = operations.indexOf("ClipByValue");

export const unaryKernels: KernelTable = {
  ...simpleKernels,
  ...predicateKernels,

  LeakyRelu: (call) => unary(call, leakyRelu, call.attrs as tf.LeakyReluAttrs),
  Step: (call) => unary(call, step, call.attrs as tf.StepAttrs),

  ClipByValue(call) {
    const { clipValueMin, clipValueMax } = call.attrs as tf.ClipByValueAttrs;
    return unary(call, clipByValue, { alpha: clipValueMin, beta: clipValueMax });
  },

  LogicalNot({ inputs, backend }) {
    const { x } = inputs as Inputs<"x">;
    if (x.dtype !== "bool") return undefined;
    const values = backend.bytes(x);
    const result = backend.take("bool", values.length) as Uint8Array;
    addon<UnaryFunctions>().logicalNot(values, result);
    return backend.own(x.shape, "bool", result);
  },
};
