import * as tf from "@tensorflow/tfjs";
import type { GatherAttributes } from "../kernels/gather.js";
import { registerGradientOnNative } from "./on-native.js";

// One sum by id in place of two transposes around one, in any number of batch axes.
registerGradientOnNative("GatherV2", ({ dy, saved, attrs }) => {
  const [x, indices] = saved as [tf.Tensor, tf.Tensor];
  const { axis, batchDims = 0 } = attrs as GatherAttributes;
  if (indices.dtype !== "int32") return undefined;
  return {
    x: () => tf.engine().runKernel("GatherV2Grad", { dy, indices }, { axis, batchDims, shape: x.shape }) as tf.Tensor,
    indices: () => tf.zerosLike(indices),
  };
});

// It is linear: what it does to dy, gather does to the gradient of its result.
tf.registerGradient({
  kernelName: "GatherV2Grad",
  inputsToSave: ["indices"],
  gradFunc: (ddx, saved, attrs) => {
    const indices = saved[0]!;
    const { axis, batchDims = 0 } = attrs as unknown as GatherAttributes;
    return { dy: () => tf.gather(ddx as tf.Tensor, indices as tf.Tensor1D, axis, batchDims), indices: () => tf.zerosLike(indices) };
  },
});

// The sum over the copies, of any rank, in place of a slice and an addition for each copy.
registerGradientOnNative("Tile", ({ dy, saved, attrs }) => {
  const { shape } = saved[0]!;
  const { reps } = attrs as tf.TileAttrs;
  const unfolded: number[] = [];
  const repeated: number[] = [];
  shape.forEach((length, axis) => {
    if (reps[axis] !== 1) repeated.push(unfolded.push(reps[axis]!) - 1);
    unfolded.push(length);
  });
  return { x: () => tf.reshape(tf.sum(tf.reshape(dy, unfolded), repeated), shape) };
});
