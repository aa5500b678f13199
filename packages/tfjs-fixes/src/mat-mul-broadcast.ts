import * as tf from "@tensorflow/tfjs";
import { kernelFix } from "./fix.js";
import { required } from "./host-kernel.js";

/** Whether repeating the smaller batch as a whole is what broadcasting means: all that the kernels can do. */
function isPlainRepeat(a: readonly number[], b: readonly number[]): boolean {
  const [short, long] = (tf.util.sizeFromShape([...a]) <= tf.util.sizeFromShape([...b]) ? [a, b] : [b, a]).map((shape) =>
    shape.slice(shape.findIndex((size) => size !== 1)),
  );
  return tf.util.sizeFromShape([...short!]) === 1 || short!.every((size, i) => size === long![long!.length - short!.length + i]);
}

export const matMulBroadcast = kernelFix(
  {
    op: "BatchMatMul",
    wrong: "Wrong values where batch axes are broadcast in the middle or on both sides, such as [2, 3, ...] x [2, 1, ...].",
  },
  ["cpu", "wasm", "webgpu"],
  (original) => (args) => {
    const { a, b } = required(args.inputs, "a", "b");
    const batches = [a, b].map(({ shape }) => shape.slice(0, -2)) as [number[], number[]];
    if (isPlainRepeat(...batches)) return original!(args);
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(...batches);
    const spread = (x: tf.TensorInfo): tf.Tensor => tf.tidy(() => tf.broadcastTo(x as tf.Tensor, [...batch, ...x.shape.slice(-2)]));
    const inputs = { a: spread(a), b: spread(b) };
    const product = original!({ ...args, inputs });
    tf.dispose(inputs);
    return product;
  },
);
