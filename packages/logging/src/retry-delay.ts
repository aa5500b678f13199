/** How long to wait before a piece is sent again. */
export interface RetryPolicy {
  /** Before the second try; each further one waits twice as long. */
  readonly firstMs: number;
  readonly capMs: number;
  /** Share of the delay that is added by chance, so that many clients do not come back at once. */
  readonly jitter: number;
}

/** Delay before try `attempt + 1`, for attempt 1, 2, …: the service's own wish where it has one. @param random in [0, 1) */
export function retryDelayMs(
  { firstMs, capMs, jitter }: RetryPolicy,
  attempt: number,
  retryAfterMs: number | undefined,
  random: number,
): number {
  const delay = Math.min(capMs, firstMs * 2 ** Math.min(attempt - 1, 30)) * (1 + jitter * random);
  return retryAfterMs === undefined ? delay : Math.max(retryAfterMs, 0);
}

/** The header `Retry-After`, seconds or a date, in milliseconds from now; undefined if it says nothing. RFC 9110, section 10.2.3. */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
