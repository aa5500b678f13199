import { sendRequest, UploadError, type UploadAnswer, type UploadRequest } from "@snapfit/logging";
import { FORMAT_VERSION } from "../log/run-directory.js";
import type { ApiToken } from "./api-token.js";

const TIMEOUT_MS = 60_000;
/** An access token is renewed so long before it expires. */
const EARLY_MS = 30_000;

/** What a server says of itself. */
export interface ServerFacts {
  readonly apiUrl: string;
  readonly applicationUrl: string;
  /** Of an upload in one request, in bytes. */
  readonly maxSinglePartBytes: number;
  readonly minChunkBytes: number;
  readonly maxChunks: number;
}

interface Grant {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresMs: number;
  readonly clientId: string;
  readonly issuer: string;
}

/** A request to a server, by its path. */
export interface ServerRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs?: number;
}

/** What the official client says with requests but those for tokens, files and pings. */
export const apiHeaders: Readonly<Record<string, string>> = { "x-neptune-legacyclient": "false" };

/** Requests to a server in the name of a token's owner. @see neptune-ai/neptune-client: src/neptune/common/oauth.py */
export class Access {
  readonly #token: ApiToken;
  readonly #now: () => number;
  #facts: ServerFacts | undefined;
  #grant: Grant | undefined;

  constructor(token: ApiToken, now: () => number = Date.now) {
    this.#token = token;
    this.#now = now;
  }

  /** Asked once. @throws UploadError */
  async facts(signal: AbortSignal): Promise<ServerFacts> {
    const request = { method: "GET", path: "/api/backend/v1/clients/config", query: { alpha: "true" }, headers: apiHeaders } as const;
    return (this.#facts ??= factsOf(await this.#send(request, this.#tokenHeader, signal)));
  }

  /** @returns the answer's JSON @throws UploadError; it is permanent where the same request would be refused again */
  async request(request: ServerRequest, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#authorized(request, signal);
    } catch (error) {
      if (!(error instanceof UploadError) || error.status !== 401) throw error;
      this.#grant = undefined; // revoked before its time: once more, with a new one
      return this.#authorized(request, signal);
    }
  }

  async #authorized(request: ServerRequest, signal: AbortSignal): Promise<unknown> {
    await this.facts(signal);
    const { accessToken } = await this.#granted(signal);
    return this.#send(request, { authorization: `Bearer ${accessToken}` }, signal);
  }

  async #granted(signal: AbortSignal): Promise<Grant> {
    if (this.#grant !== undefined && this.#now() >= this.#grant.expiresMs - EARLY_MS)
      this.#grant = await this.#refreshed(this.#grant, signal);
    return (this.#grant ??= await this.#exchange(signal));
  }

  async #exchange(signal: AbortSignal): Promise<Grant> {
    const sending = this.#send({ method: "GET", path: "/api/backend/v1/authorization/oauth-token" }, this.#tokenHeader, signal);
    return grantOf(await withAdvice(sending, [401], "Check NEPTUNE_API_TOKEN"));
  }

  /** Undefined where that is refused: the token is exchanged again then. */
  async #refreshed({ issuer, clientId, refreshToken }: Grant, signal: AbortSignal): Promise<Grant | undefined> {
    const form = new URLSearchParams({ grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken });
    const url = `${issuer}/protocol/openid-connect/token`;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    try {
      const answer = (await answerOf({ method: "POST", url, headers, body: String(form), timeoutMs: TIMEOUT_MS, isPermanent }, signal)) as {
        readonly access_token: string;
        readonly refresh_token: string;
      };
      return grantOf({ accessToken: answer.access_token, refreshToken: answer.refresh_token });
    } catch (error) {
      if (error instanceof UploadError && error.isPermanent) return undefined;
      throw error;
    }
  }

  get #tokenHeader(): Readonly<Record<string, string>> {
    return { "x-neptune-api-token": this.#token.raw };
  }

  #send(
    { method, path, query = {}, headers = {}, body, timeoutMs = TIMEOUT_MS }: ServerRequest,
    own: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const text = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
    const url = `${this.#facts?.apiUrl ?? this.#token.address}${path}${text === "" ? "" : `?${text}`}`;
    const all = { "user-agent": `neptune-client/${FORMAT_VERSION} (snapfit)`, ...own, ...headers };
    return answerOf({ method, url, headers: all, ...(body !== undefined && { body }), timeoutMs, isPermanent }, signal);
  }
}

/** @throws UploadError of the request, with what to do where the answer has one of these statuses */
export async function withAdvice(sending: Promise<unknown>, statuses: readonly number[], advice: string): Promise<unknown> {
  try {
    return await sending;
  } catch (error) {
    if (!(error instanceof UploadError) || error.status === undefined || !statuses.includes(error.status)) throw error;
    throw new UploadError(`${error.message}. ${advice}`, { status: error.status, isPermanent: true, cause: error });
  }
}

/** Whether a request that is answered so would be answered so again. */
function isPermanent(status: number): boolean {
  return status < 500 && status !== 408 && status !== 429;
}

async function answerOf(request: UploadRequest, signal: AbortSignal): Promise<unknown> {
  const answer: UploadAnswer = await sendRequest(request, signal);
  try {
    return answer.text === "" ? null : JSON.parse(answer.text);
  } catch (cause) {
    throw new UploadError(
      `${request.method} ${new URL(request.url).pathname} was answered with what is no JSON: ${answer.text.slice(0, 100)}`,
      { cause },
    );
  }
}

function factsOf(answer: unknown): ServerFacts {
  const { apiUrl, applicationUrl, multiPartUpload } = answer as {
    readonly apiUrl: string;
    readonly applicationUrl: string;
    readonly multiPartUpload?: { readonly minChunkSize?: number; readonly maxChunkCount?: number; readonly maxSinglePartSize?: number };
  };
  const { minChunkSize = 5_242_880, maxChunkCount = 1000, maxSinglePartSize = 5_242_880 } = multiPartUpload ?? {};
  return {
    apiUrl: apiUrl.replace(/\/+$/, ""),
    applicationUrl: applicationUrl.replace(/\/+$/, ""),
    maxSinglePartBytes: maxSinglePartSize,
    minChunkBytes: minChunkSize,
    maxChunks: maxChunkCount,
  };
}

/** The middle part of the token says until when it is good; who has signed it is the server's affair. */
function grantOf(answer: unknown): Grant {
  const { accessToken, refreshToken } = answer as { readonly accessToken: string; readonly refreshToken: string };
  const { exp, azp, iss } = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString()) as {
    readonly exp: number;
    readonly azp: string;
    readonly iss: string;
  };
  return { accessToken, refreshToken, expiresMs: exp * 1000, clientId: azp, issuer: iss };
}
