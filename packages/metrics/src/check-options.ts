import { nearestName, SnapfitError } from "@snapfit/base";

/** Throws a SnapfitError `METRIC_OPTIONS` for an option that the metric does not have. */
export function checkOptions(metric: string, options: object, known: readonly string[]): void {
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const near = nearestName(option, known);
    throw optionsError(
      metric,
      `has no option "${option}".${near === undefined ? "" : ` Did you mean "${near}"?`} It has ${known.join(", ")}.`,
    );
  }
}

/** A `METRIC_OPTIONS` error. */
export function optionsError(metric: string, message: string): SnapfitError<"METRIC_OPTIONS"> {
  return new SnapfitError("METRIC_OPTIONS", `${metric}() ${message}`);
}
