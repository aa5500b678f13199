import { nearestName, SnapfitError } from "@snapfit/base";
import type { Ahead } from "./batch-queue.js";
import type { BatchOptions, CollateOptions } from "./loader.js";

/** A `LOADER_OPTIONS` error. */
export function optionsError(message: string): SnapfitError<"LOADER_OPTIONS"> {
  return new SnapfitError("LOADER_OPTIONS", message);
}

/** @throws SnapfitError `LOADER_OPTIONS` for an option that does not exist, with the nearest one that does. */
export function checkNames(name: string, options: object, known: readonly string[]): void {
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const near = nearestName(option, known);
    throw optionsError(
      `${name}() has no option "${option}".${near === undefined ? "" : ` Did you mean "${near}"?`} It has ${known.join(", ")}.`,
    );
  }
}

/** @throws SnapfitError `LOADER_OPTIONS` */
export function checkOption(name: string, isRight: boolean, option: string, value: unknown, expected: string): void {
  if (!isRight) throw optionsError(`${name}() got ${option}: ${String(value)}. It is ${expected}. Change the option.`);
}

/** The options of loaders and streams alike, with their defaults. */
interface CheckedOptions {
  readonly batchSize: number;
  readonly seed: number;
  readonly dropLast: boolean;
  readonly onBadSample: "throw" | "skip";
  readonly ahead: Ahead;
}

/** @param name of the function that got them @throws SnapfitError `LOADER_OPTIONS` */
export function checkBatchOptions(
  name: string,
  options: BatchOptions & Pick<CollateOptions<never, never>, "onBadSample">,
  defaultPrefetch: number,
): CheckedOptions {
  const {
    batchSize = 32,
    seed = 0,
    dropLast = false,
    onBadSample = "throw",
    prefetch = defaultPrefetch,
    prefetchBytes = Infinity,
  } = options;
  const check = (isRight: boolean, option: string, value: unknown, expected: string): void =>
    checkOption(name, isRight, option, value, expected);
  check(Number.isSafeInteger(batchSize) && batchSize >= 1, "batchSize", batchSize, "an integer of at least 1");
  check(Number.isSafeInteger(prefetch) && prefetch >= 0, "prefetch", prefetch, "an integer of at least 0");
  check(prefetchBytes >= 0, "prefetchBytes", prefetchBytes, "a number of bytes");
  check(Number.isFinite(seed), "seed", seed, "a finite number");
  check(typeof dropLast === "boolean", "dropLast", dropLast, "true or false");
  check(onBadSample === "throw" || onBadSample === "skip", "onBadSample", onBadSample, '"throw" or "skip"');
  return { batchSize, seed, dropLast, onBadSample, ahead: { numBatches: prefetch, sizeBytes: prefetchBytes } };
}
