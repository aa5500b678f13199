import { encodedText, ProtoWriter } from "@snapfit/logging/node";
import type { ArtifactFileEntry } from "./read-artifact.js";

// One function a record: each writes the fields of its message. Numbers of fields are those of wandb_internal.proto.

/** A value by its name, as JSON text. */
export type JsonEntry = readonly [name: string, json: string];

/** What a run is called and belongs to. */
export interface RunFacts {
  readonly runId: string;
  readonly entity: string | undefined;
  readonly project: string;
  readonly name: string;
  readonly group: string | undefined;
  readonly jobType: string | undefined;
  readonly tags: readonly string[];
  readonly notes: string | undefined;
  readonly sweepId: string | undefined;
  readonly host: string;
  readonly startMs: number;
  /** Whether the service may have a part of this run already. */
  readonly isResumed: boolean;
}

/** The machine and the program. */
export interface EnvironmentFacts {
  readonly os: string;
  readonly runtime: string;
  readonly startMs: number;
  readonly args: readonly string[];
  readonly program: string;
  readonly root: string;
  readonly host: string;
  readonly executable: string;
  readonly numCores: number;
  readonly memoryBytes: number;
  /** Of the file system that programs start from; undefined where the system does not tell. */
  readonly disk: { readonly root: string; readonly totalBytes: number; readonly usedBytes: number } | undefined;
  readonly cpu: string;
  readonly writerId: string;
}

/** How a value is drawn and summed up. */
export interface MetricFacts {
  readonly name: string;
  readonly stepMetric: string | undefined;
  readonly summaries: readonly SummaryKind[];
  readonly isHidden: boolean;
}

/** What stands in the summary for a metric. */
export type SummaryKind = "min" | "max" | "mean" | "first" | "last" | "none";
const summaryFields: Readonly<Record<SummaryKind, number>> = { min: 1, max: 2, mean: 3, last: 5, none: 6, first: 8 };

export interface ArtifactFacts {
  readonly runId: string;
  readonly entity: string | undefined;
  readonly project: string;
  readonly type: string;
  readonly name: string;
  readonly digest: string;
  readonly metadata: string;
  readonly aliases: readonly string[];
  readonly clientId: string;
  readonly sequenceClientId: string;
  readonly files: readonly ArtifactFileEntry[];
}

const nestedKeys = new Map<string, Uint8Array>();

/** `nested_key` of an item, encoded once for each name. */
function nestedKey(name: string): Uint8Array {
  let encoded = nestedKeys.get(name);
  if (encoded === undefined) nestedKeys.set(name, (encoded = encodedText(2, name)));
  return encoded;
}

/** Items of a row: they are the same bytes in the history and in the summary. */
export function encodedItems(entries: readonly JsonEntry[]): Uint8Array {
  writeItems(itemWriter, entries);
  return itemWriter.take();
}
const itemWriter = new ProtoWriter();

function item(writer: ProtoWriter, [name, json]: JsonEntry): void {
  writer.message(1, () => {
    writer.encoded(nestedKey(name));
    writer.text(16, json);
  });
}

export function writeHeader(writer: ProtoWriter, producer: string): void {
  writer.message(1, () => {
    writer.text(1, producer);
    writer.text(2, "0.70.0");
  });
}

export function writeRun(writer: ProtoWriter, run: RunFacts, config: readonly JsonEntry[], telemetry: string): void {
  writer.text(1, run.runId);
  writer.optional(2, run.entity);
  writer.text(3, run.project);
  writer.message(4, () => writeItems(writer, config));
  writer.optional(6, run.group);
  writer.optional(7, run.jobType);
  writer.text(8, run.name);
  writer.optional(9, run.notes);
  for (const tag of run.tags) writer.text(10, tag);
  writer.optional(12, run.sweepId);
  writer.text(13, run.host);
  writer.message(17, () => timestamp(writer, run.startMs));
  writer.message(19, () => writeTelemetry(writer, telemetry));
  writer.flag(24, run.isResumed);
}

/** Config and summary: only what is new. */
export function writeItems(writer: ProtoWriter, entries: readonly JsonEntry[]): void {
  for (const entry of entries) item(writer, entry);
}

/** The seconds that the run has taken, where the service looks for them. */
export function writeRuntime(writer: ProtoWriter, seconds: number): void {
  writer.message(1, () => {
    writer.text(2, "_wandb");
    writer.text(2, "runtime");
    writer.text(16, String(Math.floor(seconds)));
  });
}

/** @param items encoded */
export function writeHistory(writer: ProtoWriter, step: number, items: Uint8Array): void {
  writer.encoded(items);
  writer.message(2, () => writer.varint(1, step));
}

export function writeMetric(writer: ProtoWriter, { name, stepMetric, summaries, isHidden }: MetricFacts): void {
  writer.text(1, name);
  writer.optional(4, stepMetric);
  writer.message(6, () => {
    writer.flag(1, stepMetric !== undefined);
    writer.flag(2, isHidden);
    writer.flag(3, true);
  });
  if (summaries.length > 0) {
    writer.message(7, () => {
      for (const kind of [...summaries].sort((a, b) => summaryFields[a] - summaryFields[b])) writer.flag(summaryFields[kind], true);
    });
  }
}

/** @param line with its end */
export function writeOutput(writer: ProtoWriter, line: string, isError: boolean, timeMs: number): void {
  writer.flag(1, !isError);
  writer.message(2, () => timestamp(writer, timeMs));
  writer.text(3, line);
}

/** Figures of the system, without the prefix `system.` */
export function writeStats(writer: ProtoWriter, timeMs: number, values: Readonly<Record<string, number>>): void {
  writer.message(2, () => timestamp(writer, timeMs));
  for (const [name, value] of Object.entries(values)) {
    writer.message(3, () => {
      writer.text(1, name);
      writer.text(16, String(value));
    });
  }
}

/** @param paths relative to the folder `files` */
export function writeFiles(writer: ProtoWriter, paths: readonly string[], isMedia: boolean): void {
  for (const path of paths) {
    writer.message(1, () => {
      writer.text(1, path);
      if (isMedia) writer.varint(3, 2);
    });
  }
}

/** @param level INFO, WARN or ERROR */
export function writeAlert(writer: ProtoWriter, title: string, text: string, level: string): void {
  writer.text(1, title);
  writer.text(2, text);
  writer.text(3, level);
  writer.varint(4, 60_000);
}

/** @param version of this client */
export function writeTelemetry(writer: ProtoWriter, version: string): void {
  writer.text(5, version);
  writer.text(13, `${process.platform}-${process.arch}`);
}

export function writeEnvironment(writer: ProtoWriter, facts: EnvironmentFacts): void {
  writer.text(1, facts.os);
  writer.text(2, facts.runtime);
  writer.message(3, () => timestamp(writer, facts.startMs));
  for (const arg of facts.args) writer.text(5, arg);
  writer.text(6, facts.program);
  writer.text(11, facts.root);
  writer.text(12, facts.host);
  writer.text(14, facts.executable);
  writer.varint(16, facts.numCores);
  writer.varint(17, facts.numCores);
  const { disk } = facts;
  if (disk !== undefined) {
    writer.message(20, () => {
      writer.text(1, disk.root);
      writer.message(2, () => {
        writer.varint(1, disk.totalBytes);
        writer.varint(2, disk.usedBytes);
      });
    });
  }
  writer.message(21, () => writer.varint(1, facts.memoryBytes));
  writer.message(22, () => writer.text(3, facts.cpu));
  writer.text(199, facts.writerId);
}

export function writeExit(writer: ProtoWriter, exitCode: number, runtimeSeconds: number): void {
  if (exitCode > 0) writer.varint(1, exitCode);
  writer.varint(2, Math.floor(runtimeSeconds));
}

export function writeArtifact(writer: ProtoWriter, artifact: ArtifactFacts): void {
  writer.text(1, artifact.runId);
  writer.text(2, artifact.project);
  writer.optional(3, artifact.entity);
  writer.text(4, artifact.type);
  writer.text(5, artifact.name);
  writer.text(6, artifact.digest);
  writer.text(8, artifact.metadata);
  writer.flag(9, true);
  for (const alias of artifact.aliases) writer.text(11, alias);
  writer.message(12, () => writeManifest(writer, artifact.files));
  writer.flag(14, true);
  writer.text(15, artifact.clientId);
  writer.text(16, artifact.sequenceClientId);
  writer.text(20, "MANIFEST_MD5");
}

function writeManifest(writer: ProtoWriter, files: readonly ArtifactFileEntry[]): void {
  writer.varint(1, 1);
  writer.text(2, "wandb-storage-policy-v1");
  writer.message(3, () => {
    writer.text(1, "storageLayout");
    writer.text(2, '"V2"');
  });
  for (const { path, digest, sizeBytes, localPath } of files) {
    writer.message(4, () => {
      writer.text(1, path);
      writer.text(2, digest);
      writer.varint(4, sizeBytes);
      writer.text(6, localPath);
    });
  }
}

function timestamp(writer: ProtoWriter, timeMs: number): void {
  writer.varint(1, Math.floor(timeMs / 1000));
  writer.varint(2, Math.round((timeMs % 1000) * 1e6));
}
