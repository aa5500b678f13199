import { shown, SnapfitError, type StateRecord } from "@snapfit/base";
import { isRecord } from "../nested-arrays.js";

/** What the order and the cut of batches depend on: it must be the same where a state is used. */
export type LoaderSettings = {
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly seed: number;
  /** Of `loader()`: samples in the set, whether it is shuffled, and by which sampler. Of `stream()`: how many samples are shuffled at a time. */
  readonly [name: string]: number | boolean | string;
};

/** A loader's state: its settings, the number of ranks, and the place. */
export type LoaderState = LoaderSettings & {
  readonly ranks: number;
  readonly pass: number;
  readonly window: number;
  readonly missing?: number;
};

const PLACE = ["ranks", "pass", "window", "missing"];

/** The state, if it fits the settings. @throws SnapfitError `LOADER_CHANGED` that names all differences. */
export function checkLoaderState(state: StateRecord, settings: LoaderSettings): LoaderState {
  if (!isRecord(state))
    throw new SnapfitError("LOADER_CHANGED", `The state of the loader is ${shown(state)}. Pass what saveState() returned.`);
  const names = new Set([...Object.keys(settings), ...Object.keys(state).filter((name) => !PLACE.includes(name))]);
  const differences = [...names].filter((name) => !Object.is(state[name], settings[name]));
  if (differences.length > 0) {
    const list = differences.map((name) => `${name} was ${text(state[name])} and is ${text(settings[name])}`).join(", ");
    throw new SnapfitError(
      "LOADER_CHANGED",
      `The loader is not the one whose state was saved: ${list}. It continues with the same batches only if these are equal. Use the former data and options, or start a new run.`,
    );
  }
  for (const name of PLACE) {
    if (name === "missing" && state[name] === undefined) continue;
    if (!Number.isSafeInteger(state[name]) || (state[name] as number) < 0) {
      throw new SnapfitError(
        "LOADER_CHANGED",
        `The state of the loader has ${String(state[name])} as its ${name}, which is no count. Pass what saveState() returned.`,
      );
    }
  }
  return state as unknown as LoaderState;
}

function text(value: unknown): string {
  return value === undefined ? "none" : String(value);
}
