import * as tf from "@tensorflow/tfjs";

/** Whether the current backend has the kernel. Names of fused kernels are the contract with backends; none is a dependency of this package. */
export const hasKernel = (name: string): boolean => (tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;

/** Runs a kernel of the current backend: a tensor, or several where it has several results. */
export function runKernel(name: string, inputs: Readonly<Record<string, tf.Tensor>>, attributes: object): tf.Tensor | tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap);
}

/** The tensor itself where it is float32 already. */
export const asFloat = (tensor: tf.Tensor): tf.Tensor => (tensor.dtype === "float32" ? tensor : tf.cast(tensor, "float32"));
