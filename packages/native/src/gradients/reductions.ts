// The gradient of a sum or a mean repeats dy: one kernel in place of a reshape, a tensor of ones, a product and a quotient.
import * as tf from "@tensorflow/tfjs";
import type { BroadcastScaledAttrs } from "../kernels/broadcast-scaled.js";
import type { NativeBackend } from "../native-backend.js";
import { registerGradientOnNative } from "./on-native.js";
import { runKernel } from "./run.js";

for (const kernelName of ["Sum", "Mean"]) {
  registerGradientOnNative(kernelName, ({ dy, saved, attrs }) => {
    const { shape } = saved[0]!;
    const axes = tf.util.parseAxisParam((attrs as tf.SumAttrs).axis, shape);
    const expandedShape = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    const numReduced = axes.reduce((product, axis) => product * shape[axis]!, 1);
    const scale = kernelName === "Mean" ? 1 / numReduced : 1;
    const { isBf16Only: isBf16 } = (tf.backend() as NativeBackend).memoryOf(saved[0]!);
    return { x: () => runKernel("BroadcastScaled", { x: dy }, { expandedShape, shape, scale, isBf16 }) };
  });
}

tf.registerGradient({
  kernelName: "BroadcastScaled",
  inputsToSave: ["x"],
  gradFunc: (dy, saved, attrs) => {
    const { expandedShape, shape, scale } = attrs as unknown as BroadcastScaledAttrs;
    const axes = [...shape.keys()].filter((axis) => expandedShape[axis] !== shape[axis]);
    return { x: () => tf.reshape(tf.mul(tf.sum(dy as tf.Tensor, axes), scale), saved[0]!.shape) };
  },
});
