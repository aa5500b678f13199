import * as tf from "@tensorflow/tfjs";

const geometry = new Int32Array(2);

/** [rows, columns] of a tensor seen as rows of its last axis; holds until the next call. */
export function rowsOf(tensor: tf.TensorInfo): Int32Array {
  const columns = tensor.shape[tensor.shape.length - 1] ?? 1;
  geometry[0] = columns === 0 ? 0 : tf.util.sizeFromShape(tensor.shape) / columns;
  geometry[1] = columns;
  return geometry;
}

/** Whether a kernel that goes by rows can take the tensor: float32, with elements. */
export const hasFloatRows = (tensor: tf.TensorInfo): boolean =>
  tensor.dtype === "float32" && tensor.shape.length > 0 && !tensor.shape.includes(0);
