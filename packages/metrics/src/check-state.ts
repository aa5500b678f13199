import { SnapfitError, type StateArray, type StateRecord, type StateTree } from "@snapfit/base";

/**
 * Throws a SnapfitError `METRIC_STATE` unless a state is of this metric with these settings, and its other entries are of the type of the examples.
 * @param settings entries that must be equal. @param examples entries of any value, each with one value of its type.
 */
export function checkState(state: StateRecord, settings: StateRecord, examples: Readonly<Record<string, number | StateArray>>): void {
  for (const [name, expected] of Object.entries(settings)) {
    if (state[name] !== expected) throw stateError(settings, `${name} is ${shown(state[name])} in it, but ${shown(expected)} here`);
  }
  for (const [name, example] of Object.entries(examples)) {
    const value = state[name];
    const isSameType = typeof example === "number" ? typeof value === "number" : value instanceof example.constructor;
    if (!isSameType)
      throw stateError(
        settings,
        `${name} is ${shown(value)} in it, not a ${typeof example === "number" ? "number" : example.constructor.name}`,
      );
  }
}

/** A `METRIC_STATE` error. */
export function stateError(settings: StateRecord, what: string): SnapfitError<"METRIC_STATE"> {
  return new SnapfitError(
    "METRIC_STATE",
    `${String(settings["metric"])}() cannot use a state: ${what}. A state fits the metric and the options that it was saved with. Use those options, or start afresh.`,
  );
}

function shown(value: StateTree | undefined): string {
  return typeof value === "object" && value !== null ? `a ${value.constructor.name}` : (JSON.stringify(value) ?? "missing");
}
