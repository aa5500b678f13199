import { UploadError } from "@snapfit/logging";
import type { LineCounts } from "./run-content.js";
import type { Service } from "./service.js";

/** The address of a run. */
export interface RunName {
  readonly entity: string;
  readonly project: string;
  readonly name: string;
}

/** What the service has of a run from earlier. */
export interface EarlierRun {
  readonly id: string;
  readonly lines: LineCounts;
  /** Of its last row. */
  readonly lastStep: number | undefined;
  /** JSON texts by name. */
  readonly config: ReadonlyMap<string, string>;
  readonly summary: ReadonlyMap<string, string>;
}

/** What the service is told of a run. What is null stays as it is there. */
export interface RunInputs {
  readonly id: string | null;
  readonly name: string;
  readonly project: string;
  readonly entity: string;
  readonly groupName: string | null;
  readonly description: null;
  readonly displayName: string | null;
  readonly notes: string | null;
  readonly commit: null;
  /** JSON. */
  readonly config: string;
  readonly host: string | null;
  readonly debug: null;
  readonly program: string | null;
  readonly repo: null;
  readonly jobType: string | null;
  readonly state: null;
  readonly sweep: string | null;
  readonly tags: readonly string[] | null;
  readonly summaryMetrics: null;
}

/** An alert of a run. */
export interface AlertInputs {
  readonly title: string;
  readonly text: string;
  readonly severity: string;
  /** Milliseconds. */
  readonly waitDuration: number;
}

/** Inputs of `UpsertBucket` with their types; where the service calls one otherwise, its name. */
const inputs: Readonly<Record<keyof RunInputs, readonly [type: string, name?: string]>> = {
  id: ["String"],
  name: ["String"],
  project: ["String", "modelName"],
  entity: ["String", "entityName"],
  groupName: ["String"],
  description: ["String"],
  displayName: ["String"],
  notes: ["String"],
  commit: ["String"],
  config: ["JSONString"],
  host: ["String"],
  debug: ["Boolean"],
  program: ["String", "jobProgram"],
  repo: ["String", "jobRepo"],
  jobType: ["String"],
  state: ["String"],
  sweep: ["String"],
  tags: ["[String!]"],
  summaryMetrics: ["JSONString"],
};
const named = Object.entries(inputs);
const upsertQuery =
  `mutation UpsertBucket(${named.map(([name, [type]]) => `$${name}: ${type}`).join(", ")}) ` +
  `{ upsertBucket(input: {${named.map(([name, [, input = name]]) => `${input}: $${name}`).join(", ")}}) ` +
  "{ bucket { id name project { name entity { name } } } inserted } }";

/** Whose runs these are if nobody says so. */
export async function askDefaultEntity(service: Service, signal: AbortSignal): Promise<string> {
  const { viewer } = await service.ask<{ viewer?: { entity?: string } | null }>(signal, "query Viewer { viewer { id entity } }", {});
  if (typeof viewer?.entity === "string") return viewer.entity;
  throw new UploadError("The service does not know the key. Check WANDB_API_KEY, or log in with: wandb login", { isPermanent: true });
}

/** Undefined where the service has no such run. */
export async function askEarlierRun(service: Service, signal: AbortSignal, run: RunName): Promise<EarlierRun | undefined> {
  const query =
    "query RunResumeStatus($project: String, $entity: String, $name: String!) { model(name: $project, entityName: $entity) " +
    "{ bucket(name: $name, missingOk: true) { id historyLineCount eventsLineCount logLineCount historyTail config summaryMetrics } } }";
  interface Found {
    readonly id: string;
    readonly historyLineCount: number | null;
    readonly eventsLineCount: number | null;
    readonly logLineCount: number | null;
    readonly historyTail: string | null;
    readonly config: string | null;
    readonly summaryMetrics: string | null;
  }
  const { model } = await service.ask<{ model?: { bucket?: Found | null } | null }>(signal, query, run);
  const bucket = model?.bucket;
  if (bucket == null) return undefined;
  return {
    id: bucket.id,
    lastStep: lastStepOf(bucket.historyTail),
    config: entriesOf(bucket.config, (entry) => (entry as { readonly value?: unknown } | null)?.value),
    summary: entriesOf(bucket.summaryMetrics, (value) => value),
    lines: {
      "wandb-history.jsonl": bucket.historyLineCount ?? 0,
      "wandb-events.jsonl": bucket.eventsLineCount ?? 0,
      "output.log": bucket.logLineCount ?? 0,
    },
  };
}

/** Makes the run, or changes it. @returns what the service calls it */
export async function upsertRun(service: Service, signal: AbortSignal, run: RunInputs): Promise<RunName> {
  interface Upserted {
    readonly bucket?: { readonly project?: { readonly name?: string; readonly entity?: { readonly name?: string } } } | null;
  }
  // The service answers 409 while somebody else changes the run.
  const { upsertBucket } = await service.ask<{ upsertBucket?: Upserted | null }>(signal, upsertQuery, run, [409]);
  const project = upsertBucket?.bucket?.project;
  if (project?.name === undefined || project.entity?.name === undefined)
    throw new UploadError("The service has not made the run: its answer names none.", { isPermanent: true });
  return { entity: project.entity.name, project: project.name, name: run.name };
}

/** Sends lines and what else belongs into the stream. @returns whether somebody has pressed Stop on the page of the run */
export async function streamLines(
  service: Service,
  signal: AbortSignal,
  { entity, project, name }: RunName,
  body: string,
): Promise<boolean> {
  const path = [entity, project, name].map(encodeURIComponent).join("/");
  const { stopped } = (await service.post(signal, `/files/${path}/file_stream`, body)) as { stopped?: boolean };
  return stopped === true;
}

/** Files that are on their way at once. */
const PARALLEL = 4;

/** @param files by their paths as the page of the run names them @param onArrived told of each path */
export async function uploadRunFiles(
  service: Service,
  signal: AbortSignal,
  { entity, project, name }: RunName,
  files: ReadonlyMap<string, Uint8Array | Blob>,
  onArrived: (path: string) => void,
): Promise<void> {
  const query =
    "mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) { createRunFiles(input: " +
    "{entityName: $entity, projectName: $project, runName: $run, files: $files}) { uploadHeaders files { name uploadUrl } } }";
  interface Created {
    readonly uploadHeaders?: readonly string[];
    readonly files?: readonly { readonly name: string; readonly uploadUrl: string | null }[];
  }
  const variables = { entity, project, run: name, files: [...files.keys()] };
  const { createRunFiles } = await service.ask<{ createRunFiles?: Created | null }>(signal, query, variables);
  const targets = createRunFiles?.files?.filter((target) => files.has(target.name)) ?? [];
  if (targets.length < files.size) throw new UploadError(`The service has places for ${targets.length} of ${files.size} files only.`);
  const uploadHeaders = createRunFiles?.uploadHeaders ?? null;
  const sendSome = async (): Promise<void> => {
    for (let target = targets.pop(); target !== undefined; target = targets.pop()) {
      await service.put(signal, { uploadUrl: target.uploadUrl, uploadHeaders }, files.get(target.name)!);
      onArrived(target.name);
    }
  };
  // All come to an end before one of them is said to have failed.
  const ends = await Promise.allSettled(Array.from({ length: PARALLEL }, sendSome));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

export async function sendAlert(
  service: Service,
  signal: AbortSignal,
  { entity, project, name }: RunName,
  alert: AlertInputs,
): Promise<void> {
  const query =
    "mutation NotifyScriptableRunAlert($entityName: String!, $projectName: String!, $runName: String!, $title: String!, $text: String!, " +
    "$severity: AlertSeverity = INFO, $waitDuration: Duration) { notifyScriptableRunAlert(input: {entityName: $entityName, projectName: " +
    "$projectName, runName: $runName, title: $title, text: $text, severity: $severity, waitDuration: $waitDuration}) { success } }";
  await service.ask(signal, query, { entityName: entity, projectName: project, runName: name, ...alert });
}

/** @param tail a JSON list of rows as JSON texts */
function lastStepOf(tail: string | null): number | undefined {
  const rows = JSON.parse(tail ?? "[]") as readonly string[];
  const found = /"_step":\s*(\d+)/.exec(rows.at(-1) ?? "")?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Members of an object in JSON, but for the service's own; none of what is no JSON. */
function entriesOf(json: string | null, valueOf: (member: unknown) => unknown): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  try {
    for (const [name, member] of Object.entries(JSON.parse(json ?? "{}") as object)) {
      const value = valueOf(member);
      if (name !== "_wandb" && value !== undefined) entries.set(name, JSON.stringify(value));
    }
  } catch {
    // the service has what it has
  }
  return entries;
}
