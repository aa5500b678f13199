import * as tf from "@tensorflow/tfjs";

/**
 * Runs `body` and throws if more tensors are there after it than before. Returns what `body` did.
 * @throws Error which names the growth in tensors and bytes; what `body` throws, unchanged
 */
export async function expectNoTensorLeak<T>(body: () => T | Promise<T>): Promise<T> {
  const before = tf.memory();
  const result = await body();
  const leak = tensorGrowth(before, tf.memory());
  if (leak !== undefined)
    throw new Error(`Tensors were left behind: ${leak} more than before. Dispose them, or make them inside tf.tidy().`);
  return result;
}

/** `2 tensors and 48 bytes`, or undefined if there are no more tensors than before. */
export function tensorGrowth(before: tf.MemoryInfo, after: tf.MemoryInfo): string | undefined {
  const tensors = after.numTensors - before.numTensors;
  if (tensors <= 0) return undefined;
  return `${tensors} ${tensors === 1 ? "tensor" : "tensors"} and ${after.numBytes - before.numBytes} bytes`;
}
