import * as tf from "@tensorflow/tfjs";
import { tensorGrowth } from "../expect-no-tensor-leak.js";
import type { Contract } from "./contract.js";
import { ProcessWatch } from "./process-watch.js";

/** After `close()` nothing of it is left, and while it runs it does not grow. */
export async function checkLeaks(contract: Contract): Promise<void> {
  const without = await contract.without(); // and what TensorFlow.js makes once
  const before = tf.memory();
  const watch = new ProcessWatch();
  try {
    const { numTensors } = await contract.run();
    const leak = tensorGrowth(before, tf.memory());
    const growth = numTensors.at(-1)! - numTensors.at(-2)! - (without.numTensors.at(-1)! - without.numTensors.at(-2)!);
    if (growth > 0)
      throw contract.fault(
        `holds ${growth} more ${growth === 1 ? "tensor" : "tensors"} after each epoch${leak === undefined ? "" : `, and leaves ${leak} behind after close()`}. Dispose what a step no longer needs.`,
      );
    if (leak !== undefined) throw contract.fault(`leaves ${leak} behind after close(). Dispose them by this.defer() in setup().`);
    const [leftover] = await watch.leftovers();
    if (leftover !== undefined) throw contract.fault(`leaves ${leftover} behind after close(). End it by this.defer() in setup().`);
  } finally {
    watch.stop();
  }
}
