import { anyFunction, anyNumber, oneOf, trueOrFalse, wholeNumberFrom, type OptionCheck, type OptionChecks } from "@snapfit/base";
import type { Ahead } from "./batch-queue.js";
import type { BatchOptions, CollateOptions } from "./loader.js";

/** Also `Infinity`. */
export const numberOfBytes: OptionCheck = ["a number of bytes", (value) => typeof value === "number" && value >= 0];

export const functionOrModule: OptionCheck = [
  'a function, or the URL of a module: new URL("./augment.js", import.meta.url)',
  (value) => (typeof value === "string" ? !value.startsWith(".") : typeof value === "function" || value instanceof URL),
];

/** Checks of the options that loaders and streams share. */
export const batchChecks = {
  batchSize: wholeNumberFrom(1),
  seed: anyNumber,
  dropLast: trueOrFalse,
  prefetch: wholeNumberFrom(0),
  prefetchBytes: numberOfBytes,
  collate: anyFunction,
  onBadSample: oneOf("throw", "skip"),
} satisfies OptionChecks;

/** The options of loaders and streams alike, with their defaults. */
interface BatchSettings {
  readonly batchSize: number;
  readonly seed: number;
  readonly dropLast: boolean;
  readonly onBadSample: "throw" | "skip";
  readonly ahead: Ahead;
}

export function batchSettings(
  options: BatchOptions & Pick<CollateOptions<never, never>, "onBadSample">,
  defaultPrefetch: number,
): BatchSettings {
  const { batchSize = 32, seed = 0, dropLast = false, onBadSample = "throw" } = options;
  const { prefetch = defaultPrefetch, prefetchBytes = Infinity } = options;
  return { batchSize, seed, dropLast, onBadSample, ahead: { numBatches: prefetch, sizeBytes: prefetchBytes } };
}
