import * as tf from "@tensorflow/tfjs";
import { gradientFix } from "./fix.js";

type Paddings = readonly (readonly [before: number, after: number])[];

/** The transpose of mirrorPad: folds what was mirrored back onto its source, one axis after the other. */
function foldMirrorPadding(dy: tf.Tensor, shape: readonly number[], paddings: Paddings, mode: "reflect" | "symmetric"): tf.Tensor {
  return tf.tidy(() =>
    paddings.reduce(
      (folded, [before, after], axis) => foldAxis(folded, axis, shape[axis] ?? 0, before, after, mode === "reflect" ? 1 : 0),
      dy,
    ),
  );
}

function foldAxis(dy: tf.Tensor, axis: number, length: number, before: number, after: number, skip: 0 | 1): tf.Tensor {
  const part = (begin: number, size: number): tf.Tensor => {
    const begins = dy.shape.map((_, i) => (i === axis ? begin : 0));
    return tf.slice(
      dy,
      begins,
      dy.shape.map((full, i) => (i === axis ? size : full)),
    );
  };
  // Element i of the padding before mirrors x[before - 1 - i + skip], element j of that after mirrors x[length - 1 - j - skip].
  // Taken backwards by gather: cpu's kernel for reverse blocks on a read.
  const mirrored = (begin: number, size: number, target: number): tf.Tensor =>
    tf.pad(
      tf.gather(dy, tf.range(begin + size - 1, begin - 1, -1, "int32"), axis),
      dy.shape.map((_, i): [number, number] => (i === axis ? [target, length - target - size] : [0, 0])),
    );
  let folded = part(before, length);
  if (before > 0) folded = tf.add(folded, mirrored(0, before, skip));
  if (after > 0) folded = tf.add(folded, mirrored(before + length, after, length - after - skip));
  return folded;
}

export const mirrorPadGradient = gradientFix(
  { op: "MirrorPad", wrong: "The gradient drops what flows through the mirrored part." },
  {
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attrs) => {
      const { paddings, mode } = attrs as unknown as { paddings: Paddings; mode: "reflect" | "symmetric" };
      return { x: () => foldMirrorPadding(dy as tf.Tensor, saved[0]!.shape, paddings, mode) };
    },
  },
);
