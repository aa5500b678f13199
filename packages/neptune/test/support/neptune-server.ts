import { FaultServer, type ServerAnswer, type ServerRequest } from "@snapfit/test-utils";
import { faultsOf, publishedDescription } from "./api-description.js";

type SentOperation = { readonly path: string } & Record<string, unknown>;

const PROJECT_ID = "11111111-1111-4111-8111-111111111111";
const FILES = "/api/leaderboard/v1/attributes/storage/file/upload";
/** As large as it takes in one request. */
export const SINGLE_PART_BYTES = 1000;

/** What a run is on the server: what it was sent for each attribute, in order. */
export interface KeptRun {
  readonly customId: string;
  readonly operations: Record<string, unknown>[];
  /** Of each series, the last step. */
  readonly steps: Map<string, number>;
  readonly files: Map<string, Buffer>;
}

/** A server that speaks the protocol, and holds each request against its published description. */
export class NeptuneServer {
  readonly http: FaultServer;
  readonly runs = new Map<string, KeptRun>();
  /** What the description has against the requests. */
  readonly faults: string[] = [];
  readonly #parts = new Map<string, { ext: string; total: number; bytes: Buffer[] }>();
  /** Of access tokens. */
  lifetimeSeconds = 300;
  numTokens = 0;
  numRefreshes = 0;
  /** Tokens before this one are not taken. */
  oldestToken = 0;
  isRefreshing = true;
  /** What the next request with operations is answered with. */
  errors: string[] = [];
  numPings = 0;

  private constructor(http: FaultServer) {
    this.http = http;
  }

  static async start(): Promise<NeptuneServer> {
    const server: NeptuneServer = new NeptuneServer(await FaultServer.start({ answer: (request) => server.#answer(request) }));
    return server;
  }

  /** For `NEPTUNE_API_TOKEN`. */
  get token(): string {
    return Buffer.from(JSON.stringify({ api_address: this.http.url, api_url: this.http.url, api_key: "secret-key" })).toString("base64");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.http[Symbol.asyncDispose]();
  }

  #answer({ method, path: target, headers, body }: ServerRequest): ServerAnswer {
    const { pathname: path, searchParams: query } = new URL(target, this.http.url);
    const text = body.toString();
    const description = publishedDescription(path, new URL(this.http.url).host);
    if (description !== undefined) return { body: description };
    if (path.startsWith("/api/notifications/")) return { status: 404 }; // where web pages of the service tell a run to stop
    if (path === "/realm/protocol/openid-connect/token") return this.#refresh(new URLSearchParams(text));
    this.faults.push(...faultsOf(method, path, query, headers, text).map((fault) => `${method} ${path}: ${fault}`));
    if (path === "/api/backend/v1/clients/config") return { body: this.#config() };
    if (path === "/api/backend/v1/authorization/oauth-token")
      return headers["x-neptune-api-token"] === this.token ? { body: { ...this.#grant(), username: "me" } } : { status: 401 };
    const number = Number(/^Bearer .*\.token(\d+)$/.exec(headers.authorization ?? "")?.[1]);
    if (!(number >= this.oldestToken)) return { status: 401 };
    if (path === "/api/backend/v1/projects/get")
      return { body: { id: PROJECT_ID, name: "proj", organizationName: "ws", projectKey: "PROJ", version: 2 } };
    if (path === "/api/leaderboard/v1/experiments") return this.#experiment(method, query, text);
    const run = this.runs.get(query.get("experimentId") ?? query.get("experimentIdentifier") ?? "");
    if (run === undefined) return { status: 404 };
    if (method === "GET") return { body: { attributes: [] } }; // what the official client asks for; it goes on without
    if (path.endsWith("/operations")) {
      const operations = (JSON.parse(text) as SentOperation[]).map((operation) => this.#withNewSteps(operation, run.steps));
      run.operations.push(...operations);
      return { body: this.errors.splice(0).map((errorDescription) => ({ errorDescription, errorType: "any" })) };
    }
    if (path.endsWith("/ping")) {
      this.numPings += 1;
      return {};
    }
    return this.#file(path.slice(FILES.length), query, body, String(headers["x-range"]), run);
  }

  #config(): object {
    return {
      apiUrl: this.http.url,
      applicationUrl: "http://page",
      pyLibVersions: { minRecommendedVersion: "0.0.1", minCompatibleVersion: "0.0.1", maxCompatibleVersion: "9.0.0" },
      multiPartUpload: { enabled: true, minChunkSize: 400, maxChunkSize: 1000, maxChunkCount: 1000, maxSinglePartSize: SINGLE_PART_BYTES },
    };
  }

  #grant(): { accessToken: string; refreshToken: string } {
    this.numTokens += 1;
    const claims = { exp: Date.now() / 1000 + this.lifetimeSeconds, azp: "client", iss: `${this.http.url}/realm` };
    return {
      accessToken: `${base64({ alg: "none" })}.${base64(claims)}.token${String(this.numTokens).padStart(3, "0")}`,
      refreshToken: "again",
    };
  }

  #refresh(form: URLSearchParams): ServerAnswer {
    this.numRefreshes += 1;
    const isRight =
      form.get("grant_type") === "refresh_token" && form.get("client_id") === "client" && form.get("refresh_token") === "again";
    if (!isRight || !this.isRefreshing) return { status: 400 };
    const { accessToken, refreshToken } = this.#grant();
    return { body: { access_token: accessToken, refresh_token: refreshToken, expires_in: this.lifetimeSeconds, token_type: "Bearer" } };
  }

  #experiment(method: string, query: URLSearchParams, text: string): ServerAnswer {
    const wanted = query.get("experimentId");
    const customId = method === "POST" ? (JSON.parse(text) as { customId: string }).customId : "";
    const known = [...this.runs].find(
      ([id, run], i) => [id, `ws/proj/PROJ-${i + 1}`].includes(wanted ?? "") || run.customId === customId,
    )?.[0];
    if (method === "GET" && known === undefined) return { status: 404 };
    const id = known ?? `22222222-2222-4222-8222-${String(this.runs.size + 1).padStart(12, "0")}`;
    if (known === undefined) this.runs.set(id, { customId, operations: [], steps: new Map(), files: new Map() });
    const shortId = `PROJ-${[...this.runs.keys()].indexOf(id) + 1}`;
    return { body: { id, shortId, type: "run", organizationName: "ws", projectName: "proj", trashed: false } };
  }

  /** Without the values of a series that are at or before a step that it has. */
  #withNewSteps(operation: SentOperation, steps: Map<string, number>): SentOperation {
    const { path, ...fields } = operation;
    const [[name, body] = ["", {}]] = Object.entries(fields) as [string, { readonly entries?: readonly { readonly step?: number }[] }][];
    if (body.entries === undefined) return operation;
    const entries = body.entries.filter(({ step }) => {
      if (step === undefined) return true;
      const last = steps.get(path) ?? -Infinity;
      if (step > last) steps.set(path, step);
      else this.errors.push(`${path}: step ${step} is not after ${last}`);
      return step > last;
    });
    return { path, [name]: { ...body, entries } };
  }

  #file(step: string, query: URLSearchParams, body: Buffer, range: string, run: KeptRun): ServerAnswer {
    const attribute = query.get("attribute")!;
    const upload = this.#parts.get(query.get("uploadId") ?? "");
    if (step === "") run.files.set(`${attribute}.${query.get("ext")}`, body);
    if (step === "/start") {
      const uploadId = String(this.#parts.size + 1);
      this.#parts.set(uploadId, { ext: query.get("ext")!, total: Number(query.get("totalLength")), bytes: [] });
      return { body: { uploadId, errors: [] } };
    }
    if (step === "/part") {
      const from = upload!.bytes.slice(0, Number(query.get("uploadPartIdx"))).reduce((sum, { length }) => sum + length, 0);
      if (range !== `bytes=${from}-${from + body.length - 1}/${upload!.total}`) return { status: 422, body: range };
      upload!.bytes[Number(query.get("uploadPartIdx"))] = body;
    }
    if (step === "/finish") run.files.set(`${attribute}.${upload!.ext}`, Buffer.concat(upload!.bytes));
    return { body: { errors: [] } };
  }
}

function base64(claims: object): string {
  return Buffer.from(JSON.stringify(claims)).toString("base64url");
}
