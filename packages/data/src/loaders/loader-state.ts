import { SnapfitError, type StateRecord } from "@snapfit/base";

/** What the order and the cut of batches depend on: it must be the same where a state is used. */
export type LoaderSettings = {
  /** Samples in the set. */
  readonly samples: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly dropLast: boolean;
};

/** A loader's state: its settings, the number of ranks, and the place. */
export type LoaderState = LoaderSettings & { readonly ranks: number; readonly pass: number; readonly window: number };

/** The state, if it fits the settings. @throws SnapfitError `LOADER_CHANGED` that names all differences. */
export function checkLoaderState(state: StateRecord, settings: LoaderSettings): LoaderState {
  const differences = Object.entries(settings).filter(([name, value]) => !Object.is(state[name], value));
  if (differences.length > 0) {
    const list = differences.map(([name, value]) => `${name} was ${String(state[name])} and is ${value}`).join(", ");
    throw new SnapfitError(
      "LOADER_CHANGED",
      `The loader is not the one whose state was saved: ${list}. It continues with the same batches only if these are equal. Use the former data and options, or start a new run.`,
    );
  }
  for (const name of ["ranks", "pass", "window"]) {
    if (!Number.isSafeInteger(state[name]) || (state[name] as number) < 0) {
      throw new SnapfitError(
        "LOADER_CHANGED",
        `The state of the loader has ${String(state[name])} as its ${name}, which is no count. Pass what saveState() returned.`,
      );
    }
  }
  return state as unknown as LoaderState;
}
