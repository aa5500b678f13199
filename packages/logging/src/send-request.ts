import { parseRetryAfter } from "./retry-delay.js";
import { UploadError } from "./upload-error.js";

/** A request, and what counts as refused for good. */
export interface UploadRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Blob;
  readonly timeoutMs: number;
  /** Whether an answer of this status (400 or more) would come again. */
  isPermanent(status: number): boolean;
}

/** What a service has answered. */
export interface UploadAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** Sends a request and reads the whole answer. Messages say neither query nor headers, which may hold secrets. @throws UploadError if it fails, in whatever way */
export async function sendRequest(request: UploadRequest, signal?: AbortSignal): Promise<UploadAnswer> {
  const { url, method, timeoutMs } = request;
  const end = new AbortController(); // not AbortSignal.any(), which in Node 20 holds memory of each request as long as its signals live
  const abort = (): void => end.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted === true) abort();
  const where = `${method} ${withoutQuery(url)}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(requestOf(request, where), { signal: end.signal });
    text = await response.text();
  } catch (cause) {
    if (cause instanceof UploadError) throw cause;
    const isLate = end.signal.aborted && signal?.aborted !== true;
    throw new UploadError(`${where} got no answer: ${isLate ? `none within ${timeoutMs / 1000} s` : reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
  if (response.status < 400) return { status: response.status, text, headers: response.headers };
  throw new UploadError(`${where} was answered with ${response.status}${text === "" ? "" : `: ${text.slice(0, 200)}`}`, {
    status: response.status,
    isPermanent: request.isPermanent(response.status),
    retryAfterMs: parseRetryAfter(response.headers.get("retry-after"), Date.now()),
  });
}

/** What cannot be a request is no trouble of the network, and would be refused again. */
function requestOf({ method, url, headers = {}, body }: UploadRequest, where: string): Request {
  try {
    return new Request(url, { method, headers, ...(body !== undefined && { body: body as BodyInit }) });
  } catch {
    throw new UploadError(`${where} cannot be sent: its URL or a header is not valid. Check the address and the key.`, {
      isPermanent: true,
    });
  }
}

function withoutQuery(url: string): string {
  if (!URL.canParse(url)) return "an address that is none";
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** The network's reason stands in the cause; where it tried several addresses, only a code is there. */
function reasonOf(thrown: unknown): string {
  const cause = (thrown as { readonly cause?: { readonly message?: string; readonly code?: string } }).cause;
  return [cause?.message, cause?.code, (thrown as Error).message].find((each) => each !== undefined && each !== "")!;
}
