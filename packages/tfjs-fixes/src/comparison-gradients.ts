import * as tf from "@tensorflow/tfjs";
import { type FixDefinition, gradientFix } from "./fix.js";

const wrong =
  "Throws where a mask is computed from what is trained, although its derivative is 0: Masking and ThresholdedReLU do not train.";

/** Operations whose result is true or false: constant almost everywhere. */
const inputsByOp = {
  Greater: ["a", "b"],
  Less: ["a", "b"],
  LessEqual: ["a", "b"],
  Equal: ["a", "b"],
  NotEqual: ["a", "b"],
  LogicalAnd: ["a", "b"],
  LogicalOr: ["a", "b"],
  LogicalNot: ["x"],
  Any: ["x"],
  All: ["x"],
} as const;

export const comparisonGradients: readonly FixDefinition[] = Object.entries(inputsByOp).map(([op, names]) =>
  gradientFix(
    { op, wrong },
    {
      inputsToSave: [...names],
      gradFunc: (_dy, saved) => Object.fromEntries(names.map((name, i) => [name, () => tf.zeros(saved[i]!.shape)])),
    },
  ),
);
