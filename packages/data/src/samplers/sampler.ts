import { SnapfitError, type OptionCheck, type RandomStream } from "@snapfit/base";

/** Which samples of a set a pass takes, in which order. Its passes are a pure function of the random stream, so that any of them can be had without those before it. */
export interface Sampler {
  /** Name, and what the passes depend on in short: part of the loader's state, which no loader with another sampler takes up. */
  readonly id: string;
  /** @throws SnapfitError `SAMPLER` if it is made for another set. */
  checkSet(numInSet: number): void;
  /** @param random the stream of a pass. @param windowSize samples that the ranks share in one step: `batchSize` times ranks. */
  order(random: RandomStream, windowSize: number): PassOrder;
}

/** What a pass takes. */
export interface PassOrder {
  /** Indices in the set; as many in every pass. */
  readonly indices: Uint32Array;
  /** Where windows end in `indices`, if they are not all of the same size but the last. As many in every pass, none longer than `windowSize`. */
  readonly windowEnds?: Uint32Array;
}

/** A `SAMPLER` error. */
export function samplerError(message: string): SnapfitError<"SAMPLER"> {
  return new SnapfitError("SAMPLER", message);
}

/** @throws SnapfitError `SAMPLER` if a sampler has not one value for each sample of the set. */
export function checkOnePerSample(name: string, what: string, numValues: number, numInSet: number): void {
  if (numValues === numInSet) return;
  throw samplerError(
    `${name}() has ${numValues} ${what}, but the set has ${numInSet} samples. There is one for each sample. Check where they come from.`,
  );
}

/** A list or a typed array. */
export const listRule: OptionCheck = [
  "a list or a typed array",
  (value) => typeof value === "object" && Number.isSafeInteger((value as Partial<ArrayLike<unknown>> | null)?.length),
];

/** A short text that tells these values from others (FNV-1a, 32 bits). */
export function fingerprint(values: ArrayBufferView): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
