import * as tf from "@tensorflow/tfjs";
import { dropDerived, hostValues } from "./host-values.js";

/** The storage that was made for a variable here, whoever asked. */
const owned = new WeakMap<tf.Variable, object>();

/**
 * The values of a float32 variable in host memory, for writing at once in place: nobody else ever sees the writes. Ask again for every use.
 *
 * On host-memory backends storage is shared freely: `tf.tensor(array)` stands on the caller's array, `clone()` and `assign()` share one dataId.
 * So a variable gets storage of its own at the first touch, and again whenever its dataId is not that one or has a second reference.
 * Not seen are contiguous slices, which the cpu kernels of TensorFlow.js make as views of the same memory under a new dataId
 * (`@snapfit/tfjs-fixes` makes them copies), and arrays that `data()` handed out.
 */
export function writableValues(variable: tf.Variable): Float32Array {
  const isOurs = owned.get(variable) === variable.dataId && tf.backend().refCount(variable.dataId) === 1;
  if (isOurs) dropDerived(variable);
  else {
    const copy = tf.tensor(hostValues(variable)!.slice(), variable.shape, "float32");
    variable.assign(copy);
    copy.dispose();
    owned.set(variable, variable.dataId);
  }
  return hostValues(variable)!;
}
