import type * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import { hasFloatRows, rowsOf } from "./rows.js";

type Forward = (x: Float32Array, y: Float32Array, rows: Int32Array) => void;
type Backward = (dy: Float32Array, y: Float32Array, dx: Float32Array, rows: Int32Array) => void;
interface SoftmaxFunctions {
  softmax: Forward;
  logSoftmax: Forward;
  softmaxGrad: Backward;
  logSoftmaxGrad: Backward;
}

function forward(name: "softmax" | "logSoftmax", { inputs, backend }: KernelArguments): tf.TensorInfo | undefined {
  const { logits } = inputs as Inputs<"logits">;
  if (!hasFloatRows(logits)) return undefined;
  const values = backend.floats(logits);
  const y = backend.takeFloats(values.length);
  addon<SoftmaxFunctions>()[name](values, y, rowsOf(logits));
  return backend.own(logits.shape, "float32", y);
}

function backward(name: "softmaxGrad" | "logSoftmaxGrad", { inputs, backend }: KernelArguments): tf.TensorInfo | undefined {
  const { dy, y } = inputs as Inputs<"dy" | "y">;
  const values = backend.floats(y);
  const dx = backend.takeFloats(values.length);
  if (hasFloatRows(y)) addon<SoftmaxFunctions>()[name](backend.floats(dy), values, dx, rowsOf(y));
  return backend.own(y.shape, "float32", dx);
}

/** TensorFlow.js calls both over the last axis only. `SoftmaxGrad` and `LogSoftmaxGrad` are ours. */
export const softmaxKernels: KernelTable = {
  Softmax: (call) => forward("softmax", call),
  LogSoftmax: (call) => forward("logSoftmax", call),
  SoftmaxGrad: (call) => backward("softmaxGrad", call),
  LogSoftmaxGrad: (call) => backward("logSoftmaxGrad", call),
};
