import { nearestName, SnapfitError } from "@snapfit/base";

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
