import { sendRequest, UploadError, type UploadRequest } from "@snapfit/logging";

/** Where the service is, and who asks. */
export interface ServiceAddress {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** A file on its way to the service. */
export interface FileTarget {
  readonly uploadUrl: string | null;
  /** Lines `name:value`. */
  readonly uploadHeaders: readonly string[] | null;
}

/** Answers that come again however often one asks. */
const permanent = new Set([400, 401, 403, 404, 409, 410, 413, 422, 501]);
const QUESTION_MS = 30_000;
const STREAM_MS = 180_000;
/** Of a file, which may be large. */
const FILE_MS = 3_600_000;

/** Requests to W&B. Each one throws an UploadError where it fails. */
export class Service {
  readonly #address: ServiceAddress;

  constructor(address: ServiceAddress) {
    this.#address = address;
  }

  /** Asks in GraphQL. @param retried statuses that are no refusal here */
  async ask<T>(signal: AbortSignal, query: string, variables: object, retried: readonly number[] = []): Promise<T> {
    const operationName = /^\w+ (\w+)/.exec(query)![1]!;
    const body = JSON.stringify({ query, variables, operationName });
    const isPermanent = (status: number): boolean => permanent.has(status) && !retried.includes(status);
    const answer = await this.#post(signal, "/graphql", { body, timeoutMs: QUESTION_MS, isPermanent });
    const { data, errors } = answer as { data?: T | null; errors?: readonly { message?: string }[] };
    if (data != null && (errors === undefined || errors.length === 0)) return data;
    throw new UploadError(`${operationName} was refused: ${errors?.[0]?.message ?? "the answer is empty"}`, { isPermanent: true });
  }

  /** Posts what is no question. @param path with a slash first */
  post(signal: AbortSignal, path: string, body: string): Promise<unknown> {
    return this.#post(signal, path, { body, timeoutMs: STREAM_MS, isPermanent: (status) => permanent.has(status) });
  }

  /** Brings a file to where the service wants it, without the key: the address may be of another service. */
  async put(signal: AbortSignal, { uploadUrl, uploadHeaders }: FileTarget, body: Uint8Array | Blob): Promise<void> {
    if (uploadUrl === null) return; // it is there already
    const url = new URL(uploadUrl, this.#address.baseUrl).href;
    const headers = Object.fromEntries((uploadHeaders ?? []).map(splitHeader));
    await sendRequest({ method: "PUT", url, headers, body, timeoutMs: FILE_MS, isPermanent: () => false }, signal);
  }

  async #post(
    signal: AbortSignal,
    path: string,
    request: Pick<UploadRequest, "timeoutMs" | "isPermanent"> & { readonly body: string },
  ): Promise<unknown> {
    const { baseUrl, apiKey } = this.#address;
    const authorization = `Basic ${Buffer.from(`api:${apiKey}`).toString("base64")}`;
    const headers = { authorization, "content-type": "application/json" };
    const { text } = await sendRequest({ ...request, method: "POST", url: baseUrl + path, headers }, signal);
    return parseAnswer(text);
  }
}

function splitHeader(header: string): [name: string, value: string] {
  const colon = header.indexOf(":");
  return [header.slice(0, colon), header.slice(colon + 1)];
}

/** What is no JSON is a proxy's page, not the service's answer: it may be gone the next time. */
function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch (cause) {
    throw new UploadError(`The service has answered with what is no JSON: ${text.slice(0, 100)}`, { cause });
  }
}
