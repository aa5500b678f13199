/** How long to wait before a piece is sent again. */
export interface RetryPolicy {
  /** Before the second try; each further one waits twice as long. */
  readonly firstMs: number;
  readonly capMs: number;
  /** Share of the delay that is added by chance, so that many clients do not come back at once. */
  readonly jitter: number;
}

/**
 * Delay before try `attempt + 1`, for attempt 1, 2, …: at least what the service asks for, where it does, and never less than the first delay.
 * @param random in [0, 1)
 */
export function retryDelayMs(
  { firstMs, capMs, jitter }: RetryPolicy,
  attempt: number,
  retryAfterMs: number | undefined,
  random: number,
): number {
  const delayMs = retryAfterMs === undefined ? Math.min(capMs, firstMs * 2 ** Math.min(attempt - 1, 30)) : Math.max(retryAfterMs, firstMs);
  return delayMs * (1 + jitter * random);
}

/** `Sun, 06 Nov 1994 08:49:37 GMT`, and the two older forms that RFC 9110 still wants read, of which the last one says no zone. */
const DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d/;

/** The header `Retry-After`, seconds or a date, in milliseconds from now; undefined if it says nothing. RFC 9110, section 10.2.3. */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!DATE.test(text)) return undefined;
  const date = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
