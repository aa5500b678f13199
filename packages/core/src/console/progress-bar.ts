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

const BAR = 20;

/** `[ 3/50] Training [####----] 120/469 | loss:0.123 | 9800/s | 12s left`, cut to the terminal's width. ASCII but for the names of values. */
export function progressLine({ title, done, total, doneBefore, samples, seconds, means }: ProgressState, columns: number): string {
  const parts = [total === undefined ? String(done) : `${done}/${total}`];
  if (Object.keys(means).length > 0) parts.push(formatValues(means));
  if (seconds > 0 && samples > 0) parts.push(`${formatRate(samples / seconds)}/s`);
  const own = done - doneBefore;
  if (total !== undefined && own > 0 && done < total) parts.push(`${formatTime((seconds / own) * (total - done))} left`);
  const filled = total === undefined ? 0 : Math.min(BAR, Math.floor((BAR * done) / Math.max(1, total)));
  const bar = total === undefined ? "" : `[${"#".repeat(filled)}${"-".repeat(BAR - filled)}] `;
  const text = `${title} ${bar}${parts.join(" | ")}`;
  return textWidth(text) <= columns ? text : fitText(`${title} ${parts.join(" | ")}`, columns);
}

function formatRate(rate: number): string {
  return rate >= 100 ? rate.toFixed(0) : rate.toPrecision(3);
}
