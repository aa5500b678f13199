import * as tf from "@tensorflow/tfjs";
import { backendName } from "../kernel.js";

/**
 * Wraps a method of a class of tf.layers. `replace` gets its arguments while the native engine is the backend, and returns undefined to have the
 * method that was there before do the work. Building an object to get at its class would shift the names of the user's layers.
 */
export function patchClass<Arguments extends unknown[], Result>(
  className: string,
  method: string,
  replace: (self: object, ...args: Arguments) => Result | undefined,
): void {
  const registered = tf.serialization.SerializationMap.getMap().classNameMap[className];
  if (registered === undefined) return;
  const prototype = registered[0].prototype as unknown as Record<string, (this: object, ...args: Arguments) => Result>;
  const original = prototype[method]!;
  prototype[method] = function (...args) {
    return (tf.getBackend() === backendName ? replace(this, ...args) : undefined) ?? original.apply(this, args);
  };
}

/** A weight of a layer. */
export interface LayerWeight {
  read(): tf.Tensor;
  write(value: tf.Tensor): unknown;
}

/** The one input of a layer's call. */
export const onlyInput = (inputs: tf.Tensor | readonly tf.Tensor[]): tf.Tensor => (inputs instanceof tf.Tensor ? inputs : inputs[0]!);

/** What the fused normalisations take: float32 with elements, of the ranks that tf.layers normalises. */
export const canNormalize = ({ dtype, rank, size }: tf.Tensor): boolean => dtype === "float32" && rank >= 2 && rank <= 4 && size > 0;
