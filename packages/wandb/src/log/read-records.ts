import { readArtifact, type ArtifactEntry } from "./read-artifact.js";
import { bytesOf, numberOf, protoFields, textsOf, type ProtoField } from "./proto-reader.js";
import { RecordKind } from "./record-kinds.js";

/** A value by the keys that lead to it, as JSON text. */
export interface JsonItem {
  readonly path: readonly string[];
  readonly json: string;
}

/** What a record of a log says, as far as an upload needs it. */
export type LogEntry =
  | { readonly kind: "run"; readonly run: RunEntry }
  | { readonly kind: "history" | "summary" | "config"; readonly items: readonly JsonItem[] }
  | { readonly kind: "stats"; readonly timeMs: number; readonly items: readonly JsonItem[] }
  | { readonly kind: "outputRaw"; readonly line: string; readonly isError: boolean; readonly timeMs: number }
  | { readonly kind: "metric"; readonly metric: MetricEntry }
  | { readonly kind: "files"; readonly paths: readonly string[] }
  | { readonly kind: "alert"; readonly title: string; readonly text: string; readonly level: string; readonly waitMs: number }
  | { readonly kind: "artifact"; readonly artifact: ArtifactEntry }
  | { readonly kind: "environment"; readonly fields: readonly ProtoField[] }
  | { readonly kind: "exit"; readonly exitCode: number }
  | { readonly kind: "other" };

export interface RunEntry {
  readonly runId: string;
  readonly entity: string | undefined;
  readonly project: string;
  readonly config: readonly JsonItem[];
  readonly group: string | undefined;
  readonly jobType: string | undefined;
  readonly name: string | undefined;
  readonly notes: string | undefined;
  readonly tags: readonly string[];
  readonly sweepId: string | undefined;
  readonly host: string | undefined;
  readonly startMs: number;
  /** Version of the client. */
  readonly version: string;
  readonly isResumed: boolean;
}

export interface MetricEntry {
  readonly name: string;
  readonly stepMetric: string | undefined;
  /** Numbers of the options and summaries that are set, as the service takes them. */
  readonly options: readonly number[];
  readonly summaries: readonly number[];
}

const kinds = new Map<number, keyof typeof RecordKind>(
  (Object.entries(RecordKind) as [keyof typeof RecordKind, number][]).map(([name, field]) => [field, name]),
);

/** @throws SnapfitError `LOG_DAMAGED` */
export function readRecord(payload: Uint8Array): LogEntry {
  const found = protoFields(payload).find(({ field, value }) => kinds.has(field) && typeof value !== "number");
  if (found === undefined) return { kind: "other" };
  const kind = kinds.get(found.field)!;
  const fields = protoFields(found.value as Uint8Array);
  switch (kind) {
    case "run":
      return { kind, run: readRun(fields) };
    case "history":
    case "summary":
    case "config":
      return { kind, items: readItems(fields, 1) };
    case "stats":
      return { kind, timeMs: readTime(fields, 2), items: readItems(fields, 3) };
    case "outputRaw":
      return { kind, isError: numberOf(fields, 1) === 0, timeMs: readTime(fields, 2), line: textsOf(fields, 3)[0] ?? "" };
    case "metric":
      return { kind, metric: readMetric(fields) };
    case "files":
      return { kind, paths: bytesOf(fields, 1).map((file) => textsOf(protoFields(file), 1)[0] ?? "") };
    case "alert":
      return { kind, title: one(fields, 1), text: one(fields, 2), level: one(fields, 3), waitMs: numberOf(fields, 4) };
    case "environment":
      return { kind, fields };
    case "exit":
      return { kind, exitCode: numberOf(fields, 1) };
    case "artifact":
      return { kind, artifact: readArtifact(fields) };
    case "header":
    case "telemetry":
      return { kind: "other" };
  }
}

function readRun(fields: readonly ProtoField[]): RunEntry {
  const [config] = bytesOf(fields, 4);
  const [telemetry] = bytesOf(fields, 19);
  return {
    runId: one(fields, 1),
    entity: textsOf(fields, 2)[0],
    project: one(fields, 3),
    config: config === undefined ? [] : readItems(protoFields(config), 1),
    group: textsOf(fields, 6)[0],
    jobType: textsOf(fields, 7)[0],
    name: textsOf(fields, 8)[0],
    notes: textsOf(fields, 9)[0],
    tags: textsOf(fields, 10),
    sweepId: textsOf(fields, 12)[0],
    host: textsOf(fields, 13)[0],
    startMs: readTime(fields, 17),
    version: telemetry === undefined ? "" : one(protoFields(telemetry), 5),
    isResumed: numberOf(fields, 24) === 1,
  };
}

function readMetric(fields: readonly ProtoField[]): MetricEntry {
  const flags = (field: number): number[] => bytesOf(fields, field).flatMap((bytes) => protoFields(bytes).map((flag) => flag.field));
  return { name: one(fields, 1), stepMetric: textsOf(fields, 4)[0], options: flags(6), summaries: flags(7) };
}

function readItems(fields: readonly ProtoField[], field: number): JsonItem[] {
  return bytesOf(fields, field).map((bytes) => {
    const item = protoFields(bytes);
    const path = textsOf(item, 2);
    return { path: path.length > 0 ? path : textsOf(item, 1), json: one(item, 16) };
  });
}

function readTime(fields: readonly ProtoField[], field: number): number {
  const [bytes] = bytesOf(fields, field);
  if (bytes === undefined) return 0;
  const time = protoFields(bytes);
  return numberOf(time, 1) * 1000 + numberOf(time, 2) / 1e6;
}

/** The text of a field; empty if it is not there, as protobuf has it. */
function one(fields: readonly ProtoField[], field: number): string {
  return textsOf(fields, field)[0] ?? "";
}
