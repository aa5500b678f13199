import * as tf from "@tensorflow/tfjs";
import { gradientFix } from "./fix.js";

/** Each element is part of all later sums: the gradient sums from the other end. */
export const cumsumGradient = gradientFix(
  { op: "Cumsum", wrong: "Along any axis but the last the gradient is transposed, or throws." },
  {
    inputsToSave: ["x"],
    gradFunc: (dy, _saved, attrs) => {
      const { axis, exclusive, reverse } = attrs as unknown as { axis: number; exclusive: boolean; reverse: boolean };
      return { x: () => tf.cumsum(dy as tf.Tensor, axis, exclusive, !reverse) };
    },
  },
);
