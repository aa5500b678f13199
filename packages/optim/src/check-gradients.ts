import { SnapfitError } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import type { OptimErrorCode } from "./optim-error-code.js";

/**
 * Checks every gradient against its parameter before any of them is changed.
 * @throws SnapfitError `GRADIENT_MISMATCH` that names the parameter, if it is not there, or either is not float32, or shapes differ.
 */
export function checkGradients(gradients: ReadonlyMap<string, tf.Tensor>, parameters: ReadonlyMap<string, tf.Variable>): void {
  for (const [name, gradient] of gradients) {
    const parameter = parameters.get(name);
    if (!parameter) throw mismatch(`There is a gradient for "${name}", but no parameter of this name.`, "Give both maps the same names.");
    if (parameter.dtype !== "float32")
      throw mismatch(
        `Parameter "${name}" is ${parameter.dtype}.`,
        "Only float32 parameters can be trained; leave it out of the gradients.",
      );
    if (gradient.dtype !== "float32")
      throw mismatch(`The gradient of "${name}" is ${gradient.dtype}.`, "Expected float32, as its parameter.");
    if (!hasSameShape(gradient.shape, parameter.shape)) {
      throw mismatch(
        `The gradient of "${name}" has shape [${gradient.shape.join(", ")}].`,
        `Expected [${parameter.shape.join(", ")}], as its parameter.`,
      );
    }
  }
}

/** Whether two shapes are equal. */
export function hasSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

function mismatch(happened: string, expected: string): SnapfitError {
  return new SnapfitError<OptimErrorCode>("GRADIENT_MISMATCH", `${happened} ${expected}`);
}
