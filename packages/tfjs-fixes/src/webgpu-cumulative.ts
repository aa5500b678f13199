import * as tf from "@tensorflow/tfjs";
import { type FixDefinition, kernelFix } from "./fix.js";
import { required } from "./host-kernel.js";

/** A cumulative kernel that never uses the original's reverse form: reverse, accumulate, reverse. */
export function accumulateReversed(original: tf.KernelFunc, backendName: string): tf.KernelFunc {
  return (args) => {
    const { x } = required(args.inputs, "x");
    const { axis, reverse } = args.attrs as unknown as { axis: number; reverse: boolean };
    if (!reverse) return original(args);
    const backend = args.backend as { disposeData(dataId: object): unknown };
    const flip = (input: tf.TensorInfo): tf.TensorInfo =>
      tf.getKernel("Reverse", backendName).kernelFunc({ inputs: { x: input }, backend, attrs: { dims: [axis] } }) as tf.TensorInfo;
    const flipped = flip(x);
    const sums = original({ ...args, inputs: { x: flipped }, attrs: { ...args.attrs, reverse: false } }) as tf.TensorInfo;
    const result = flip(sums);
    for (const intermediate of [flipped, sums]) backend.disposeData(intermediate.dataId);
    return result;
  };
}

const wrong =
  "The reverse form keeps the axis length of its first use: wrong values for every other length, also in the gradients of cumsum and prod.";

/** Cumsum and Cumprod on webgpu, whose shader cache leaves out the axis length. */
export const webgpuCumulative: readonly FixDefinition[] = ["Cumsum", "Cumprod"].map((op) =>
  kernelFix({ op, wrong }, ["webgpu"], (original, backendName) => accumulateReversed(original!, backendName)),
);
