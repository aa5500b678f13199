import { parseRetryAfter } from "./retry-delay.js";
import { UploadError } from "./upload-error.js";

/** A request, and what counts as refused for good. */
export interface UploadRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs: number;
  /** Whether an answer of this status (400 or more) would come again. */
  isPermanent(status: number): boolean;
}

/** Sends a request and reads the whole answer. @throws UploadError if it fails, in whatever way */
export async function sendRequest(
  request: UploadRequest,
  signal?: AbortSignal,
): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }> {
  const { method, url, headers = {}, body, timeoutMs } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  const where = `${method} ${new URL(url).origin}${new URL(url).pathname}`; // the query may hold what is nobody's business
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && { body: body as BodyInit }),
      redirect: "follow",
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    text = await response.text();
  } catch (cause) {
    const reason = (cause as Error & { cause?: Error }).cause?.message ?? (cause as Error).message;
    throw new UploadError(`${where} got no answer: ${reason}`, { cause });
  }
  if (response.status < 400) return { status: response.status, text, headers: response.headers };
  throw new UploadError(`${where} was answered with ${response.status}${text === "" ? "" : `: ${text.slice(0, 200)}`}`, {
    status: response.status,
    isPermanent: request.isPermanent(response.status),
    retryAfterMs: parseRetryAfter(response.headers.get("retry-after"), Date.now()),
  });
}
