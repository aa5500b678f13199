import { SnapfitError, type HostTensor } from "@snapfit/base";
import type { DecodedSet } from "@snapfit/data";

/** A sample of {@link numberSet}. */
export interface NumberSample {
  readonly x: HostTensor<0, "int32">;
  readonly thread: number;
}

/** What goes wrong, by number. */
export interface NumberFaults {
  /** The reader says that the sample is bad. */
  readonly bad?: readonly number[];
  /** The decoder has a fault. */
  readonly faulty?: readonly number[];
  /** The thread ends. */
  readonly deadly?: readonly number[];
}

/** 0 to length - 1, made by a decoder in a module of its own. `thread` is 0 in the main thread. */
export function numberSet(length: number, options: NumberFaults & { readonly isAsync?: boolean } = {}): DecodedSet<NumberSample, number> {
  return {
    length,
    input: (index) => index,
    at(index) {
      if (options.bad?.includes(index)) throw new SnapfitError("SAMPLE_BAD", `${index}: this number is bad.`);
      const sample: NumberSample = { x: { dtype: "int32", shape: [], data: Int32Array.of(index) }, thread: 0 };
      return options.isAsync ? Promise.resolve(sample) : sample;
    },
    decoder: { module: new URL("number-decoder.mjs", import.meta.url).href, options },
  };
}

/** URL of a transform that threads can run. */
export const noisyTransform = new URL("noisy-transform.mjs", import.meta.url);
