import * as tf from "@tensorflow/tfjs";
import { addon } from "../addon.js";
import type { Inputs, KernelTable, NativeKernel } from "../kernel.js";

interface AlongAxisFunctions {
  argExtreme(x: Float32Array | Int32Array, indices: Int32Array, sizes: Int32Array, isGreatest: number): void;
}

const sizes = new Int32Array(3);

/** Sizes before, of and behind an axis. */
function setSizes(shape: readonly number[], axis: number): void {
  sizes[0] = tf.util.sizeFromShape(shape.slice(0, axis));
  sizes[1] = shape[axis]!;
  sizes[2] = tf.util.sizeFromShape(shape.slice(axis + 1));
}

function argExtreme(isGreatest: boolean): NativeKernel {
  return ({ inputs, attrs, backend }) => {
    const { x } = inputs as Inputs<"x">;
    const [axis] = tf.util.parseAxisParam((attrs as tf.ArgMaxAttrs).axis, x.shape) as [number];
    const values = backend.memoryOf(x).values as Float32Array | Int32Array;
    if ((x.dtype !== "float32" && x.dtype !== "int32") || values.length === 0 || x.shape.length === 0) return undefined;
    setSizes(x.shape, axis);
    const indices = backend.take("int32", sizes[0]! * sizes[2]!) as Int32Array;
    addon<AlongAxisFunctions>().argExtreme(values, indices, sizes, isGreatest ? 1 : 0);
    return backend.own([...x.shape.slice(0, axis), ...x.shape.slice(axis + 1)], "int32", indices);
  };
}

export const alongAxisKernels: KernelTable = {
  ArgMax: argExtreme(true),
  ArgMin: argExtreme(false),
};
