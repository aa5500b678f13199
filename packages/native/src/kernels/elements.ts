import type * as tf from "@tensorflow/tfjs";
import type { NativeBackend } from "../native-backend.js";
import { isBf16 } from "../precision.js";

/** The values of a float32 tensor: as such, or as bfloat16 bits. */
export type Elements = Float32Array | Uint16Array;

/** The values of a float32 tensor as they lie: kernels that read both types force no float32 copy. */
export function elementsOf(backend: NativeBackend, tensor: tf.TensorInfo): Elements {
  const memory = backend.memoryOf(tensor);
  return (memory.isBf16Only ? memory.bf16 : memory.values) as Elements;
}

/** What enters products: bfloat16 bits under `bf16`, else the float32 values. */
export function factorOf(backend: NativeBackend, tensor: tf.TensorInfo): Elements {
  return isBf16() ? backend.bf16(tensor) : backend.floats(tensor);
}

/** An array for a result, of unknown content. */
export function takeElements(backend: NativeBackend, isBf16: boolean, length: number): Elements {
  return isBf16 ? backend.takeBf16(length) : backend.takeFloats(length);
}

/** An array of the type of another, of its length if none is given. A gradient lies as what it is the gradient of. */
export function takeLike(backend: NativeBackend, elements: Elements, length: number = elements.length): Elements {
  return takeElements(backend, elements instanceof Uint16Array, length);
}
