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

/** `[ 3/50] Training [####----] 120/469 | loss:0.123 | 9800/s | 12s left`, cut to the terminal's width. ASCII but for the names of values. */
export function progressLine({ title, done, total, doneBefore, samples, seconds, means }: ProgressState, columns: number): string {
  const parts = [total === undefined ? String(done) : `${done}/${total}`];
  if (Object.keys(means).length > 0) parts.push(formatValues(means));
  if (seconds > 0 && samples > 0) parts.push(`${formatRate(samples / seconds)}/s`);
  const own = done - doneBefore;
  if (total !== undefined && own > 0 && done < total) parts.push(`${formatTime((seconds / own) * (total - done))} left`);
  const text = parts.join(" | ");
  const length = Math.min(BAR.longest, columns - textWidth(`${title} [] ${text}`));
  if (total === undefined || length < BAR.shortest) return fitText(`${title} ${text}`, columns);
  const filled = Math.min(length, Math.floor((length * done) / Math.max(1, total)));
  return `${title} [${"#".repeat(filled)}${"-".repeat(length - filled)}] ${text}`;
}

function formatRate(rate: number): string {
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3);
}
