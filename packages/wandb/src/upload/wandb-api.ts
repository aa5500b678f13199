import { sendRequest, UploadError } from "@snapfit/logging";
import type { LineCounts } from "./run-content.js";

/** Where the service is, and who asks. */
export interface ServiceAddress {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** A run as the service knows it. */
export interface Bucket {
  readonly entity: string;
  readonly project: string;
  readonly historyLines: number;
}

/** What the service has of a run from earlier. */
export interface EarlierRun {
  readonly id: string;
  readonly lines: LineCounts;
  /** Of its last row. */
  readonly lastStep: number | undefined;
}

/** Answers that come again however often one asks. */
const permanent = new Set([400, 401, 403, 404, 409, 410, 413, 422, 501]);
const REQUEST_MS = 30_000;
const STREAM_MS = 180_000;

/** The requests of a run's upload. Each one throws an UploadError where it fails. */
export class WandBApi {
  readonly #address: ServiceAddress;

  constructor(address: ServiceAddress) {
    this.#address = address;
  }

  /** Whose runs these are if nobody says so. */
  async defaultEntity(signal: AbortSignal): Promise<string> {
    const { viewer } = await this.#ask<{ viewer?: { entity?: string } | null }>(
      signal,
      "query Viewer { viewer { id entity username } }",
      {},
    );
    if (typeof viewer?.entity === "string") return viewer.entity;
    throw new UploadError("The service does not know the key. Check WANDB_API_KEY, or log in with: wandb login", { isPermanent: true });
  }

  async earlierRun(signal: AbortSignal, variables: { entity: string; project: string; name: string }): Promise<EarlierRun | undefined> {
    const query =
      "query RunResumeStatus($entity: String, $project: String, $name: String!) { model(name: $project, entityName: $entity) { id name " +
      "entity { id name } bucket(name: $name, missingOk: true) { id name displayName historyLineCount eventsLineCount logLineCount " +
      'historyTail eventsTail summaryMetrics config tags wandbConfig(keys: ["t"]) } } }';
    interface Found {
      id: string;
      historyLineCount: number;
      eventsLineCount: number;
      logLineCount: number;
      historyTail: string | null;
    }
    const { model } = await this.#ask<{ model?: { bucket?: Found | null } | null }>(signal, query, variables);
    const bucket = model?.bucket;
    if (bucket == null) return undefined;
    return {
      id: bucket.id,
      lastStep: lastStepOf(bucket.historyTail),
      lines: {
        "wandb-history.jsonl": bucket.historyLineCount ?? 0,
        "wandb-events.jsonl": bucket.eventsLineCount ?? 0,
        "output.log": bucket.logLineCount ?? 0,
      },
    };
  }

  async upsertRun(signal: AbortSignal, variables: Readonly<Record<string, unknown>>): Promise<Bucket> {
    const inputs = {
      id: ["id", "String"],
      name: ["name", "String"],
      project: ["modelName", "String"],
      entity: ["entityName", "String"],
      groupName: ["groupName", "String"],
      displayName: ["displayName", "String"],
      notes: ["notes", "String"],
      config: ["config", "JSONString"],
      host: ["host", "String"],
      program: ["jobProgram", "String"],
      jobType: ["jobType", "String"],
      sweep: ["sweep", "String"],
      tags: ["tags", "[String!]"],
    } as const;
    const named = Object.entries(inputs);
    const query =
      `mutation UpsertBucket(${named.map(([name, [, type]]) => `$${name}: ${type}`).join(", ")}) ` +
      `{ upsertBucket(input: {${named.map(([name, [input]]) => `${input}: $${name}`).join(", ")}}) ` +
      "{ bucket { id name displayName config sweepName historyLineCount project { id name entity { id name } } } inserted } }";
    interface Upserted {
      bucket?: { historyLineCount?: number; project?: { name?: string; entity?: { name?: string } } } | null;
    }
    // The service answers 409 while somebody else changes the run.
    const { upsertBucket } = await this.#ask<{ upsertBucket?: Upserted | null }>(signal, query, variables, [409]);
    const project = upsertBucket?.bucket?.project;
    if (project?.name === undefined || project.entity?.name === undefined)
      throw new UploadError("The service has not made the run: its answer names none.", { isPermanent: true });
    return { entity: project.entity.name, project: project.name, historyLines: upsertBucket?.bucket?.historyLineCount ?? 0 };
  }

  /** @returns whether somebody has pressed Stop on the page of the run */
  async stream(signal: AbortSignal, { entity, project, name }: RunName, body: string): Promise<boolean> {
    const path = [entity, project, name].map(encodeURIComponent).join("/");
    const { text } = await this.#post(signal, `/files/${path}/file_stream`, body, STREAM_MS, permanent);
    return (parseAnswer(text) as { stopped?: boolean }).stopped === true;
  }

  async uploadFiles(signal: AbortSignal, { entity, project, name }: RunName, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const query =
      "mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) { createRunFiles(input: " +
      "{entityName: $entity, projectName: $project, runName: $run, files: $files}) { runID uploadHeaders files { name uploadUrl } } }";
    interface Created {
      uploadHeaders?: readonly string[];
      files?: readonly { name: string; uploadUrl: string | null }[];
    }
    const variables = { entity, project, run: name, files: [...files.keys()] };
    const { createRunFiles } = await this.#ask<{ createRunFiles?: Created | null }>(signal, query, variables);
    const headers = Object.fromEntries(
      (createRunFiles?.uploadHeaders ?? []).map((header) => [header.slice(0, header.indexOf(":")), header.slice(header.indexOf(":") + 1)]),
    );
    for (const { name: file, uploadUrl } of createRunFiles?.files ?? []) {
      const body = files.get(file);
      if (body === undefined || uploadUrl === null) continue;
      // No key here: the address may be of another service.
      const url = new URL(uploadUrl, this.#address.baseUrl).href;
      await sendRequest({ method: "PUT", url, headers, body, timeoutMs: STREAM_MS, isPermanent: () => false }, signal);
    }
  }

  async alert(signal: AbortSignal, variables: Readonly<Record<string, unknown>>): Promise<void> {
    const query =
      "mutation NotifyScriptableRunAlert($entityName: String!, $projectName: String!, $runName: String!, $title: String!, $text: String!, " +
      "$severity: AlertSeverity, $waitDuration: Duration) { notifyScriptableRunAlert(input: {entityName: $entityName, projectName: " +
      "$projectName, runName: $runName, title: $title, text: $text, severity: $severity, waitDuration: $waitDuration}) { success } }";
    await this.#ask(signal, query, variables);
  }

  async #ask<T>(signal: AbortSignal, query: string, variables: object, retried: readonly number[] = []): Promise<T> {
    const refused = new Set([...permanent].filter((status) => !retried.includes(status)));
    const { text } = await this.#post(
      signal,
      "/graphql",
      JSON.stringify({ query, variables, operationName: operationOf(query) }),
      REQUEST_MS,
      refused,
    );
    const { data, errors } = parseAnswer(text) as { data?: T | null; errors?: readonly { message?: string }[] };
    if (data != null && (errors === undefined || errors.length === 0)) return data;
    throw new UploadError(`${operationOf(query)} was refused: ${errors?.[0]?.message ?? "the answer is empty"}`, { isPermanent: true });
  }

  #post(signal: AbortSignal, path: string, body: string, timeoutMs: number, refused: ReadonlySet<number>) {
    const { baseUrl, apiKey } = this.#address;
    const headers = {
      authorization: `Basic ${Buffer.from(`api:${apiKey}`).toString("base64")}`,
      "content-type": "application/json",
    };
    return sendRequest(
      { method: "POST", url: baseUrl + path, headers, body, timeoutMs, isPermanent: (status) => refused.has(status) },
      signal,
    );
  }
}

/** The address of a run. */
export interface RunName {
  readonly entity: string;
  readonly project: string;
  readonly name: string;
}

function operationOf(query: string): string {
  return /^\w+ (\w+)/.exec(query)![1]!;
}

/** What is no JSON is a proxy's page, not the service's answer: it may be gone the next time. */
function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch (cause) {
    throw new UploadError(`The service has answered with what is no JSON: ${text.slice(0, 100)}`, { cause });
  }
}

/** @param tail a JSON list of rows as JSON texts */
function lastStepOf(tail: string | null): number | undefined {
  const rows = JSON.parse(tail ?? "[]") as readonly string[];
  const found = /"_step":\s*(\d+)/.exec(rows.at(-1) ?? "")?.[1];
  return found === undefined ? undefined : Number(found);
}
