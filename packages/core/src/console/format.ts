/** `loss:0.023, acc:0.990`: three decimals, in the order given; no sign before a zero. */
export function formatValues(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}:${value.toFixed(3).replace(/^-(0\.000)$/, "$1")}`)
    .join(", ");
}

/** `8.2s`, `45s`, `2m 15s`, `3h 02m`. @param seconds at least 0 */
export function formatTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}

/** `[15/50]`, or `[15]` where the number of epochs is not known. @param minWidth of the epoch's number */
export function formatEpoch(epoch: number, numEpochs: number | undefined, minWidth = 0): string {
  return `[${String(epoch).padStart(Math.max(minWidth, String(numEpochs ?? epoch).length))}${numEpochs === undefined ? "" : `/${numEpochs}`}]`;
}

/** `[ 15/50] loss:0.023, acc:0.990 | (val) loss:0.019, acc:0.990 (2m 15s)` */
export function epochLine(
  epoch: number,
  numEpochs: number | undefined,
  train: Readonly<Record<string, number>>,
  valid: Readonly<Record<string, number>> | undefined,
  seconds: number,
): string {
  const parts = [formatValues(train), valid === undefined ? "" : `(val) ${formatValues(valid)}`].filter(Boolean);
  return [formatEpoch(epoch, numEpochs, 3), ...(parts.length > 0 ? [parts.join(" | ")] : []), `(${formatTime(seconds)})`].join(" ");
}
