import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { ArtifactStore } from "./artifact-store.js";

/** A request as the server has seen it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** Of a GraphQL request. */
  readonly operation: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly authorization: string | undefined;
  /** Its `content-encoding`. */
  readonly encoding: string | undefined;
  /** Plain; empty for files. */
  readonly body: string;
}

/** What the server does to a request in place of answering it: a status with headers, an error in GraphQL, or the connection is cut. */
export type ServerFault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly error: string }
  | "cut"
  | "hang";

/** What the server has of a run. */
export interface ServerRun {
  readonly id: string;
  /** Lines of `wandb-history.jsonl`, `wandb-events.jsonl`, `output.log` by their offset. */
  readonly files: Record<string, string[]>;
  summary: string;
  config: string;
  variables: Record<string, unknown>;
  readonly uploads: Record<string, Buffer>;
  exitCode: number | undefined;
  readonly alerts: Readonly<Record<string, unknown>>[];
}

/** A server that speaks the protocol of W&B as far as clients need it, and remembers all. */
export class WandBServer {
  readonly requests: SeenRequest[] = [];
  readonly runs = new Map<string, ServerRun>();
  /** Asked for each request before it is answered. */
  fault: (request: SeenRequest) => ServerFault | undefined = () => undefined;
  /** Asked when the request has had its effect. */
  beforeAnswer: (request: SeenRequest) => "cut" | undefined = () => undefined;
  /** Names of what it can do besides. */
  features: readonly string[] = ["FILESTREAM_GZIP"];
  readonly artifacts = new ArtifactStore(() => this.url);
  /** Whether somebody has pressed Stop on the page of the run. */
  isStopped = false;
  /** The run that an agent of a sweep is given, and the sweep's configuration in YAML. */
  sweepRun: { readonly runId: string; readonly config: string; readonly args: Readonly<Record<string, unknown>> } | undefined;
  #isSweepRunGiven = false;
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  static async start(port = 0): Promise<WandBServer> {
    const server = new WandBServer();
    await new Promise<void>((resolve) => server.#server.listen(port, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** History rows of a run, parsed; NaN and infinities as texts. */
  rows(id: string): Record<string, unknown>[] {
    return (this.runs.get(id)?.files["wandb-history.jsonl"] ?? []).map(parseLoose);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const raw = Buffer.concat(pieces);
    const bytes = request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
    const path = request.url ?? "/";
    const body = request.method === "PUT" ? "" : bytes.toString();
    const graph =
      path === "/graphql"
        ? (JSON.parse(body) as { query: string; variables?: Record<string, unknown>; operationName?: string })
        : undefined;
    const seen: SeenRequest = {
      method: request.method ?? "",
      path,
      operation: graph === undefined ? undefined : graph.operationName || /(?:query|mutation)\s+(\w+)/.exec(graph.query)?.[1],
      variables: graph?.variables ?? {},
      authorization: request.headers.authorization,
      encoding: request.headers["content-encoding"],
      body,
    };
    this.requests.push(seen);
    const fault = this.fault(seen);
    if (fault === "hang") return;
    if (fault === "cut") return void request.socket.destroy();
    if (fault !== undefined && "error" in fault) return void response.end(JSON.stringify({ errors: [{ message: fault.error }] }));
    if (fault !== undefined) return void response.writeHead(fault.status, fault.headers).end("fault");
    const answer =
      graph !== undefined ? this.#graphql(seen) : path.endsWith("/file_stream") ? this.#fileStream(path, body) : this.#put(path, bytes);
    if (this.beforeAnswer(seen) === "cut") return void request.socket.destroy();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  #graphql({ operation, variables }: SeenRequest): unknown {
    switch (operation ?? "") {
      case "Viewer":
        return { data: { viewer: { id: "u", entity: "someone", username: "someone", email: "", flags: "{}", teams: { edges: [] } } } };
      case "ServerFeaturesQuery":
        return { data: { serverInfo: { features: this.features.map((name) => ({ name, isEnabled: true })) } } };
      case "RunResumeStatus":
      case "ResumeStatus":
        return { data: { model: this.#resumeStatus(String(variables["name"])) } };
      case "UpsertBucket":
        return { data: { upsertBucket: this.#upsert(variables) } };
      case "CreateRunFiles":
        return { data: { createRunFiles: this.#createFiles(variables) } };
      case "NotifyScriptableRunAlert":
        this.#run(String(variables["runName"])).alerts.push(variables);
        return { data: { notifyScriptableRunAlert: { success: true } } };
      case "SweepWithRuns":
        return { data: { project: { sweep: this.#sweep() } } };
      case "CreateAgent":
        return { data: { createAgent: { agent: { id: "agent" } } } };
      case "Heartbeat":
        return { data: { agentHeartbeat: { agent: { id: "agent" }, commands: JSON.stringify(this.#commands()) } } };
      default:
        return { data: this.artifacts.answer(operation ?? "", variables) ?? {} };
    }
  }

  #run(id: string): ServerRun {
    let run = this.runs.get(id);
    if (run === undefined)
      this.runs.set(
        id,
        (run = { id, files: {}, summary: "{}", config: "{}", variables: {}, uploads: {}, exitCode: undefined, alerts: [] }),
      );
    return run;
  }

  #upsert(variables: Readonly<Record<string, unknown>>): unknown {
    const id = String(variables["name"] ?? [...this.runs.values()].find((run) => bucketId(run.id) === variables["id"])?.id);
    const inserted = !this.runs.has(id);
    const run = this.#run(id);
    if (typeof variables["config"] === "string") run.config = variables["config"];
    for (const [name, value] of Object.entries(variables)) if (value !== null && value !== undefined) run.variables[name] = value;
    const project = String(run.variables["project"] ?? "uncategorized");
    const entity = String(run.variables["entity"] ?? "someone");
    return {
      inserted,
      bucket: {
        id: bucketId(id),
        name: id,
        displayName: String(run.variables["displayName"] ?? id),
        description: "",
        config: run.config,
        sweepName: run.variables["sweep"] ?? null,
        historyLineCount: run.files["wandb-history.jsonl"]?.length ?? 0,
        project: { id: "p", name: project, entity: { id: "e", name: entity } },
      },
    };
  }

  #resumeStatus(id: string): unknown {
    const run = this.runs.get(id);
    const tail = (name: string): string => JSON.stringify(run?.files[name]?.slice(-1) ?? []);
    const count = (name: string): number => run?.files[name]?.length ?? 0;
    const bucket = run && {
      id: bucketId(id),
      name: id,
      displayName: String(run.variables["displayName"] ?? id),
      historyLineCount: count("wandb-history.jsonl"),
      eventsLineCount: count("wandb-events.jsonl"),
      logLineCount: count("output.log"),
      historyTail: tail("wandb-history.jsonl"),
      eventsTail: tail("wandb-events.jsonl"),
      summaryMetrics: run.summary,
      config: run.config,
      tags: run.variables["tags"] ?? [],
      notes: run.variables["notes"] ?? null,
      wandbConfig: JSON.stringify({ t: {} }),
      sweepName: null,
      groupName: null,
      jobType: null,
    };
    return { id: "m", name: "p", entity: { id: "e", name: "someone" }, bucket: bucket ?? null };
  }

  #sweep(): unknown {
    return {
      id: "s",
      name: "sweep1",
      method: "random",
      state: "RUNNING",
      description: null,
      config: this.sweepRun?.config,
      createdAt: "",
      heartbeatAt: null,
      updatedAt: null,
      earlyStopJobRunning: false,
      controller: null,
      scheduler: null,
      runs: { edges: [] },
    };
  }

  #commands(): unknown[] {
    const run = this.sweepRun;
    if (run === undefined || this.#isSweepRunGiven) return [];
    this.#isSweepRunGiven = true;
    const program = /^program: (.*)$/m.exec(run.config)![1];
    return [{ type: "run", run_id: run.runId, program, args: run.args }];
  }

  #createFiles({ run, files }: Readonly<Record<string, unknown>>): unknown {
    const urls = (files as readonly string[]).map((name) => ({
      name,
      uploadUrl: `${this.url}/upload/${String(run)}/${encodeURIComponent(name)}`,
    }));
    return { runID: String(run), uploadHeaders: ["x-test:1"], files: urls };
  }

  #fileStream(path: string, body: string): unknown {
    const run = this.#run(decodeURIComponent(path.split("/").at(-2)!));
    const { files = {}, complete, exitcode } = JSON.parse(looseJson(body)) as StreamBody;
    for (const [name, { offset, content }] of Object.entries(files)) {
      if (name === "wandb-summary.json") run.summary = content[0]!;
      else (run.files[name] ??= []).splice(offset, content.length, ...content);
    }
    if (complete === true) run.exitCode = exitcode ?? 0;
    return { limits: {}, ...(this.isStopped && { stopped: true }) };
  }

  #put(path: string, bytes: Buffer): unknown {
    if (this.artifacts.put(path, bytes)) return {};
    const [, id, name] = /^\/upload\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (id !== undefined) this.#run(id).uploads[decodeURIComponent(name!)] = bytes;
    return {};
  }
}

interface StreamBody {
  readonly files?: Readonly<Record<string, { readonly offset: number; readonly content: readonly string[] }>>;
  readonly complete?: boolean;
  readonly exitcode?: number;
}

function bucketId(id: string): string {
  return `bucket-${id}`;
}

/** A line of JSON in which NaN and infinities stand as bare words. */
export function parseLoose(line: string): Record<string, unknown> {
  return JSON.parse(looseJson(line)) as Record<string, unknown>;
}

/** Puts NaN and infinities that stand outside of texts in quotes. */
function looseJson(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (found) => (found.startsWith('"') ? found : `"${found}"`));
}
