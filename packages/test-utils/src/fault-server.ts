import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";

/** What the server is asked. */
export interface ServerRequest {
  /** Counted from 1, in the order in which they began. */
  readonly number: number;
  readonly method: string;
  /** With the query, such as `/files?offset=3`. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Unpacked: gzip, deflate and br; as far as it was read if a fault cut it. */
  readonly body: Buffer;
  /** The kind of fault that it met; undefined for one that was answered as it should be. */
  readonly fault: ServerFault["kind"] | undefined;
}

/** What the server answers. */
export interface ServerAnswer {
  /** @default 200 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but a string or bytes is sent as JSON. @default "" */
  readonly body?: unknown;
}

/** What goes wrong with a request. */
export type ServerFault =
  /** Answered with this, and nothing is done: `{ kind: "answer", status: 429, headers: { "retry-after": "2" } }`. */
  | ({ readonly kind: "answer" } & ServerAnswer)
  /** Done and answered, but only after a while. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** The connection breaks after so many bytes of the request's body, and nothing is done. */
  | { readonly kind: "cut request"; readonly afterBytes: number }
  /** Done, but the connection breaks within the answer's body: whoever asked cannot know. */
  | { readonly kind: "cut answer" };

export interface FaultServerOptions {
  /** Does what a request asks for. @default an empty answer of status 200 */
  readonly answer?: (request: ServerRequest) => ServerAnswer | Promise<ServerAnswer>;
}

interface PlannedFault {
  readonly fault: ServerFault;
  readonly when: (request: Pick<ServerRequest, "method" | "path" | "headers">) => boolean;
  timesLeft: number;
}

/**
 * An HTTP server on this machine that records all requests, fails where it is told to, and can go down and come up again on the same port.
 * @example
 * await using server = await FaultServer.start({ answer: ({ body }) => ({ body: { received: body.length } }) });
 * server.fail({ kind: "answer", status: 503 }, { times: 2 });
 * for (let i = 0; i < 3; i++) console.log((await fetch(server.url, { method: "POST", body: "abc" })).status); // 503 503 200
 * await server.down();
 * await fetch(server.url).catch(() => console.log("refused"));
 * await server.up();
 */
export class FaultServer {
  readonly #answer: NonNullable<FaultServerOptions["answer"]>;
  readonly #requests: ServerRequest[] = [];
  readonly #end = new AbortController();
  #faults: PlannedFault[] = [];
  #server: Server | undefined;
  #port = 0;
  #numBegun = 0;

  private constructor({ answer = () => ({}) }: FaultServerOptions) {
    this.#answer = answer;
  }

  static async start(options: FaultServerOptions = {}): Promise<FaultServer> {
    const server = new FaultServer(options);
    await server.up();
    return server;
  }

  /** Without a slash at its end: `http://127.0.0.1:40123`. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Those that were read to their end, or to where a fault cut them. */
  get requests(): readonly ServerRequest[] {
    return this.#requests;
  }

  /** Plans a fault for the next requests that fit; plans made earlier come first. @param times how many. @default 1 */
  fail(fault: ServerFault, { times = 1, when = () => true }: { readonly times?: number; readonly when?: PlannedFault["when"] } = {}): void {
    this.#faults.push({ fault, when, timesLeft: times });
  }

  /** Forgets planned faults. */
  heal(): void {
    this.#faults = [];
  }

  /** Refuses connections from now on, and breaks those that are open. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** Takes connections again, on the port that it had. */
  async up(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer((message, response) => {
      this.#serve(message, response).catch((error: unknown) => response.destroy(error as Error));
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.down();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#numBegun += 1;
    const head = { number: this.#numBegun, method: message.method!, path: message.url!, headers: message.headers };
    const fault = this.#takeFault(head);
    const limit = fault?.kind === "cut request" ? fault.afterBytes : Infinity;
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of message as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > limit) break;
    }
    const bytes = Buffer.concat(chunks);
    const body = fault?.kind === "cut request" ? bytes.subarray(0, limit) : unpacked(bytes, message.headers["content-encoding"]);
    const request = { ...head, body, fault: fault?.kind };
    this.#requests.push(request);
    if (fault?.kind === "cut request") return void message.socket.destroy();
    if (fault?.kind === "answer") return send(response, fault);
    if (fault?.kind === "slow") await wait(fault.delayMs, undefined, { signal: this.#end.signal });
    const answer = await this.#answer(request);
    if (fault?.kind === "cut answer") return sendHalf(response, answer);
    send(response, answer);
  }

  #takeFault(head: Pick<ServerRequest, "method" | "path" | "headers">): ServerFault | undefined {
    const planned = this.#faults.find(({ when, timesLeft }) => timesLeft > 0 && when(head));
    if (planned !== undefined) planned.timesLeft -= 1;
    return planned?.fault;
  }
}

function unpacked(bytes: Buffer, encoding: string | undefined): Buffer {
  if (encoding === "gzip") return gunzipSync(bytes);
  if (encoding === "deflate") return inflateSync(bytes);
  return encoding === "br" ? brotliDecompressSync(bytes) : bytes;
}

function send(response: ServerResponse, answer: ServerAnswer): void {
  const { status = 200, headers = {} } = answer;
  response.writeHead(status, { ...typeOf(answer), ...headers }).end(bodyOf(answer));
}

/** Announces the whole body, sends half of it, and breaks the connection. */
function sendHalf(response: ServerResponse, answer: ServerAnswer): void {
  const { status = 200, headers = {} } = answer;
  const body = bodyOf(answer);
  response.writeHead(status, { ...typeOf(answer), ...headers, "content-length": String(Math.max(body.length, 2)) });
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
  response.flushHeaders();
}

function isRaw(body: unknown): body is string | Uint8Array {
  return typeof body === "string" || body instanceof Uint8Array;
}

function typeOf({ body = "" }: ServerAnswer): Record<string, string> {
  return isRaw(body) ? {} : { "content-type": "application/json" };
}

function bodyOf({ body = "" }: ServerAnswer): Buffer {
  return Buffer.from(isRaw(body) ? body : JSON.stringify(body));
}
