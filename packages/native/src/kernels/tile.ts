import * as tf from "@tensorflow/tfjs";
import type { Inputs, KernelTable } from "../kernel.js";
import { copyOf, stridesOf } from "./strided-copy.js";

export const tileKernels: KernelTable = {
  /** Repetitions are axes of stride 0 in front of those that they repeat. */
  Tile({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const { reps } = attrs as tf.TileAttrs;
    const strides = stridesOf(x.shape);
    const repeated = x.shape.flatMap((length, axis) => [
      { count: reps[axis]!, stride: 0 },
      { count: length, stride: strides[axis]! },
    ]);
    // Axes of one element say nothing and count against the limit.
    const axes = repeated.filter(({ count }) => count !== 1);
    const shape = x.shape.map((length, axis) => length * reps[axis]!);
    return copyOf(backend, x, shape, { counts: axes.map(({ count }) => count), from: axes.map(({ stride }) => stride) });
  },

  Reverse({ inputs, attrs, backend }) {
    const { x } = inputs as Inputs<"x">;
    const reversed = new Set(tf.util.parseAxisParam((attrs as tf.ReverseAttrs).dims, x.shape));
    const strides = stridesOf(x.shape);
    return copyOf(backend, x, x.shape, {
      counts: x.shape,
      from: strides.map((stride, axis) => (reversed.has(axis) ? -stride : stride)),
      fromOffset: strides.reduce((sum, stride, axis) => (reversed.has(axis) ? sum + stride * (x.shape[axis]! - 1) : sum), 0),
    });
  },
};
