import * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelArguments, KernelTable } from "../kernel.js";
import { canMove, sizeOf } from "./strided-copy.js";

type Numbers = Float32Array | Int32Array;

interface CumulativeFunctions {
  cumulative(x: Numbers, to: Numbers, geometry: Int32Array): void;
}

const geometry = new Int32Array(6);

function cumulative({ inputs, attrs, backend }: KernelArguments, isProduct: boolean): tf.TensorInfo | undefined {
  const { x } = inputs as Inputs<"x">;
  const { axis, exclusive, reverse } = attrs as tf.CumsumAttrs;
  // Sums of bool are int32.
  if ((x.dtype !== "float32" && x.dtype !== "int32") || !canMove([x], 0)) return undefined;
  const along = tf.util.parseAxisParam(axis, x.shape)[0]!;
  const [outer, inner] = [sizeOf(x.shape.slice(0, along)), sizeOf(x.shape.slice(along + 1))];
  const result = backend.take(x.dtype, sizeOf(x.shape)) as Numbers;
  geometry.set([outer, x.shape[along]!, inner, exclusive ? 1 : 0, reverse ? 1 : 0, isProduct ? 1 : 0]);
  addon<CumulativeFunctions>().cumulative(backend.memoryOf(x).values as Numbers, result, geometry);
  return backend.own(x.shape, x.dtype, result);
}

export const cumulativeKernels: KernelTable = {
  Cumsum: (call) => cumulative(call, false),
  Cumprod: (call) => cumulative(call, true),
};
