/** Why a piece of an upload has not arrived. */
export class UploadError extends Error {
  override readonly name = "UploadError";
  /** Of the answer; undefined if there was none. */
  readonly status: number | undefined;
  /** Whether the same piece would be refused again. */
  readonly isPermanent: boolean;
  /** How long the service asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    {
      status,
      isPermanent = false,
      retryAfterMs,
      cause,
    }: {
      readonly status?: number;
      readonly isPermanent?: boolean;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.isPermanent = isPermanent;
    this.retryAfterMs = retryAfterMs;
  }
}
