import type { RandomStream } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";

/** The randomness of one synchronous section. Its streams are made when first asked for: most steps draw nothing. */
export class SectionRandomness {
  #calls: Map<string, number> | undefined;
  readonly #makeRandom: () => RandomStream;
  readonly #makeMasks: () => RandomStream;
  #random: RandomStream | undefined;
  #masks: RandomStream | undefined;

  /**
   * @param firstSample index of the batch's first sample in its window, over all ranks: so that splitting a batch keeps the masks.
   * @param numSamples samples in the batch.
   */
  constructor(
    makeRandom: () => RandomStream,
    makeMasks: () => RandomStream,
    readonly firstSample: number,
    readonly numSamples: number,
  ) {
    this.#makeRandom = makeRandom;
    this.#makeMasks = makeMasks;
  }

  /** Calls of dropout so far, by layer path. */
  get calls(): Map<string, number> {
    return (this.#calls ??= new Map());
  }

  /** Serves `Math.random` inside the section. */
  get random(): RandomStream {
    return (this.#random ??= this.#makeRandom());
  }

  /** The parent of all dropout masks of this window. */
  get masks(): RandomStream {
    return (this.#masks ??= this.#makeMasks());
  }
}

let current: SectionRandomness | undefined;

/** The randomness of the section that runs now, if any. */
export function sectionRandomness(): SectionRandomness | undefined {
  return current;
}

/** Runs synchronous code with `Math.random` replaced by a stream. */
export function withSeededRandom<T>(random: RandomStream, body: () => T): T {
  const mathRandom = Math.random;
  Math.random = () => random.uniform();
  try {
    return body();
  } finally {
    Math.random = mathRandom;
  }
}

/**
 * Runs the user's synchronous code, which `body` puts into a tidy or a tape, with `Math.random` replaced by a seeded stream.
 * After a throw the tape's saved activations are released, so that nothing stays behind.
 */
export function runSection<T>(randomness: SectionRandomness, body: () => T): T {
  const outer = current;
  const mathRandom = Math.random;
  current = randomness;
  Math.random = sectionRandom; // one function for all sections: this runs in every step
  try {
    return body();
  } catch (error) {
    clearTape();
    throw error;
  } finally {
    Math.random = mathRandom;
    current = outer;
  }
}

function sectionRandom(): number {
  return current!.random.uniform();
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
