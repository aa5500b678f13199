import * as tf from "@tensorflow/tfjs";
import type { FixDefinition } from "./fix.js";

/** A gradient whose formula is right, but which does not take all arguments that it gets. */
const adapted = (op: string, wrong: string, adapt: (gradient: tf.GradFunc) => tf.GradFunc): FixDefinition => ({
  op,
  backends: "all",
  wrong,
  install() {
    const original = tf.getGradient(op);
    tf.unregisterGradient(op);
    tf.registerGradient({ ...original, gradFunc: adapt(original.gradFunc) });
  },
});

export const prodGradient = adapted("Prod", "Throws for an axis that is counted from the end.", (gradient) => (dy, saved, attrs) => {
  const { axis } = attrs as unknown as { axis: number | number[] | null };
  return gradient(dy, saved, { ...attrs, axis: tf.util.parseAxisParam(axis!, saved[0]!.shape) });
});

export const unpackGradient = adapted(
  "Unpack",
  "Throws for a stack of one.",
  (gradient) => (dy, saved, attrs) => gradient((Array.isArray(dy) ? dy : [dy]) as never, saved, attrs),
);
