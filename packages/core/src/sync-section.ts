import type { RandomStream } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";

/** What our dropout asks of the synchronous section that runs. */
export interface SectionRandomness {
  /** Serves `Math.random` inside the section. */
  readonly random: RandomStream;
  /** The parent of all dropout masks of this window. */
  readonly masks: RandomStream;
  /** Index of the batch's first sample in its window, over all ranks: so that splitting a batch keeps the masks. */
  readonly firstSample: number;
  /** Samples in the batch. */
  readonly numSamples: number;
  /** Calls of dropout so far, by layer path. */
  readonly calls: Map<string, number>;
}

let current: SectionRandomness | undefined;

/** The randomness of the section that runs now, if any. */
export function sectionRandomness(): SectionRandomness | undefined {
  return current;
}

/**
 * Runs the user's synchronous code: in one tidy, with `Math.random` replaced by a seeded stream.
 * After a throw the tape's saved activations are released, so that nothing stays behind.
 */
export function runSection<T extends tf.TensorContainer>(randomness: SectionRandomness, body: () => T): T {
  const outer = current;
  const mathRandom = Math.random;
  current = randomness;
  Math.random = () => randomness.random.uniform();
  try {
    return tf.tidy(body);
  } catch (error) {
    clearTape();
    throw error;
  } finally {
    Math.random = mathRandom;
    current = outer;
  }
}

interface EngineState {
  activeTape: { saved?: tf.Tensor[] }[] | null;
  gradientDepth: number;
}

/** Disposes what the tape of a failed step has saved for the backward pass. */
function clearTape(): void {
  const { state } = tf.engine() as unknown as { state: EngineState };
  if (state.gradientDepth > 0) return;
  for (const node of state.activeTape ?? []) for (const tensor of node.saved ?? []) tensor.dispose();
  state.activeTape = null;
}
