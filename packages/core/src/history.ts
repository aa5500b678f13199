/** Averages by epoch, for plots. Each list has one entry an epoch; `NaN` where a value was missing. */
export interface History {
  readonly train: Readonly<Record<string, readonly number[]>>;
  readonly valid: Readonly<Record<string, readonly number[]>>;
}

/** One half of the history as the core holds it. */
export type HistoryColumns = Record<string, number[]>;

/** Puts the values of epoch number `epoch` (from 1) in their places, fills gaps with NaN. Called again for one epoch, the last values stay. */
export function recordEpoch(columns: HistoryColumns, epoch: number, values: Readonly<Record<string, number>>): void {
  for (const name of new Set([...Object.keys(columns), ...Object.keys(values)])) {
    const column = (columns[name] ??= []);
    while (column.length < epoch) column.push(NaN);
    const value = values[name];
    if (value !== undefined) column[epoch - 1] = value;
  }
}
