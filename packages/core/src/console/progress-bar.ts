import { formatTime, formatValues } from "./format.js";
import { fitText, textWidth } from "./text-width.js";

/** How far a phase is. */
export interface ProgressState {
  readonly title: string;
  /** Batches done, and in all where that is known. */
  readonly done: number;
  readonly total: number | undefined;
  /** Batches that were done before `seconds` began to count: a resumed epoch starts in its middle. */
  readonly doneBefore: number;
  readonly samples: number;
  readonly seconds: number;
  readonly means: Readonly<Record<string, number>>;
}

/** Characters between the brackets of the bar: as many as there is room for. A shorter one would say nothing. */
const BAR = { longest: 20, shortest: 5 };

/**
 * `[ 3/50] Training [####----] 120/469 | loss:0.123 | 9800/s | 12s left`. ASCII but for the names of values.
 * Where the terminal is too narrow the bar gets shorter and goes, then the throughput, then values from the last one on, then the time.
 */
export function progressLine(state: ProgressState, columns: number): string {
  const { title, done, total, means } = state;
  const numValues = Object.keys(means).length;
  const full = `${title} ${figures(state, { numValues, hasRate: true, hasTime: true })}`;
  const length = Math.min(BAR.longest, columns - textWidth(full) - "[] ".length);
  if (total !== undefined && length >= BAR.shortest) {
    const filled = Math.min(length, Math.floor((length * done) / Math.max(1, total)));
    return `${title} [${"#".repeat(filled)}${"-".repeat(length - filled)}] ${full.slice(title.length + 1)}`;
  }
  const fewer = Array.from({ length: numValues + 1 }, (_, i) => `${title} ${figures(state, { numValues: numValues - i, hasTime: true })}`);
  return (
    [full, ...fewer, `${title} ${figures(state, { numValues: 0 })}`].find((line) => textWidth(line) <= columns) ?? fitText(title, columns)
  );
}

/** What stands behind the bar. */
function figures(
  { done, total, doneBefore, samples, seconds, means }: ProgressState,
  { numValues, hasRate = false, hasTime = false }: { readonly numValues: number; readonly hasRate?: boolean; readonly hasTime?: boolean },
): string {
  const parts = [total === undefined ? String(done) : `${done}/${total}`];
  if (numValues > 0) parts.push(formatValues(Object.fromEntries(Object.entries(means).slice(0, numValues))));
  if (hasRate && seconds > 0 && samples > 0) parts.push(`${formatRate(samples / seconds)}/s`);
  const own = done - doneBefore;
  if (hasTime && total !== undefined && own > 0 && done < total) parts.push(`${formatTime((seconds / own) * (total - done))} left`);
  return parts.join(" | ");
}

function formatRate(rate: number): string {
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3);
}
