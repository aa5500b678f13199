import * as tf from "@tensorflow/tfjs";

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Runs a kernel with one result. */
export function runKernel(name: string, inputs: Tensors, attributes: object = {}): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as tf.Tensor;
}

/** Runs a kernel with several results. */
export function runKernels(name: string, inputs: Tensors, attributes: object = {}): tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as tf.Tensor[];
}
