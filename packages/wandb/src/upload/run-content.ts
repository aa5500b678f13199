import { UploadError } from "@snapfit/logging";
import { LogReader } from "../log/log-reader.js";
import type { ProtoField } from "../log/proto-reader.js";
import type { ArtifactEntry } from "../log/read-artifact.js";
import { readRecord, type JsonItem, type LogEntry, type MetricEntry, type RunEntry } from "../log/read-records.js";
import type { RunFacts } from "./run-texts.js";

/** Files of the service that grow by lines. */
export const streamFiles = ["wandb-history.jsonl", "wandb-events.jsonl", "output.log"] as const;
export type StreamFile = (typeof streamFiles)[number];
export type LineCounts = Readonly<Record<StreamFile, number>>;

/** What is no line: a file in the folder that its path is relative to; an alert; an artifact that was logged behind the row of a step. */
export type Attachment =
  | { readonly kind: "file"; readonly path: string; readonly folder: string }
  | Extract<LogEntry, { readonly kind: "alert" }>
  | { readonly kind: "artifact"; readonly artifact: ArtifactEntry; readonly step: number | null };

/** One log of a run, and where its files are. */
export interface LogPart {
  readonly reader: LogReader;
  readonly filesPath: string;
}

/** Characters of lines that are held at once: some requests' worth. */
const HELD = 2 ** 20;

/** What the logs of a run say, read piece by piece, while the last one grows. */
export class RunContent implements RunFacts {
  readonly #parts: readonly LogPart[];
  #part = 0;
  #held = 0;
  #startMs = 0;
  /** Lines that the service has already, which are not held. */
  #toSkip: Record<StreamFile, number> = { "wandb-history.jsonl": 0, "wandb-events.jsonl": 0, "output.log": 0 };
  #lines: Record<StreamFile, string[]> = { "wandb-history.jsonl": [], "wandb-events.jsonl": [], "output.log": [] };
  #afterStep = -1;
  #lastStep: number | null = null;
  readonly config = new Map<string, string>();
  readonly metrics = new Map<string, MetricEntry>();
  readonly summary = new Map<string, string>();
  runtime = "0";
  environment: readonly ProtoField[] = [];
  run: RunEntry | undefined;
  /** What goes to the service by requests of its own, in its order. */
  readonly attachments: Attachment[] = [];
  /** Of the last log; undefined while the run goes on. */
  exitCode: number | undefined;
  /** Whether a row was passed over that the service has the step of. */
  hasLeftOut = false;
  /** Counts changes of the config and the metrics, and of the summary. */
  configVersion = 0;
  summaryVersion = 0;

  constructor(parts: readonly LogPart[]) {
    this.#parts = parts;
  }

  /** Lines that wait to be sent. */
  get lines(): Readonly<Record<StreamFile, readonly string[]>> {
    return this.#lines;
  }

  /** Passes over the first lines of each file. Before anything is read. */
  skip(counts: LineCounts): void {
    this.#toSkip = { ...counts };
  }

  /** Passes over the rows up to a step, before lines are counted. Before anything is read. */
  skipSteps(last: number): void {
    this.#afterStep = last;
  }

  /** Takes over what the service has of the run from elsewhere; what these logs say counts more. JSON texts by name. */
  adopt(config: ReadonlyMap<string, string>, summary: ReadonlyMap<string, string>): void {
    for (const [name, json] of config) if (!this.config.has(name)) this.config.set(name, json);
    for (const [name, json] of summary) if (!this.summary.has(name)) this.summary.set(name, json);
  }

  /** All lines of the console without their times, for the file `output.log`. */
  consoleText(): string {
    let text = "";
    for (const { reader } of this.#parts) {
      const again = new LogReader(reader.path);
      for (let record = again.next(); record !== undefined; record = again.next()) {
        const entry = readRecord(record);
        if (entry.kind === "outputRaw") text += entry.line;
      }
      again.close();
    }
    return text;
  }

  /** What the first record says that counts. @throws UploadError if the log has not come to it */
  readRun(): RunEntry {
    const part = this.#parts[0]!;
    while (this.run === undefined) {
      const record = part.reader.next();
      if (record === undefined) throw new UploadError("The log has no run yet.");
      this.#take(readRecord(record), part);
    }
    return this.run;
  }

  /** Reads on, as far as there is room for lines. @returns whether there may be more */
  fill(): boolean {
    while (this.#held < HELD) {
      const part = this.#parts[this.#part]!;
      const record = part.reader.next();
      if (record !== undefined) this.#take(readRecord(record), part);
      else if (this.#part === this.#parts.length - 1) return false;
      else this.#part += 1;
    }
    return true;
  }

  /** Forgets lines that have arrived. */
  drop(file: StreamFile, count: number): void {
    for (const line of this.#lines[file].splice(0, count)) this.#held -= line.length;
  }

  #take(entry: LogEntry, { filesPath }: LogPart): void {
    switch (entry.kind) {
      case "run":
        this.run = entry.run;
        this.#startMs = entry.run.startMs;
        return this.#setConfig(entry.run.config);
      case "config":
        return this.#setConfig(entry.items);
      case "metric":
        this.metrics.set(entry.metric.name, entry.metric);
        this.configVersion += 1;
        return;
      case "environment":
        this.environment = entry.fields;
        this.configVersion += 1;
        return;
      case "history":
        this.#lastStep = stepOf(entry.items);
        if (this.#lastStep <= this.#afterStep) {
          this.hasLeftOut = true;
          return;
        }
        return this.#hold("wandb-history.jsonl", `{${entry.items.map(member).join(",")}}`);
      case "stats": {
        const seconds = (entry.timeMs - this.#startMs) / 1000;
        const items = entry.items.map(({ path, json }) => `"system.${path[0]!}":${json}`);
        const head = `"_wandb":true,"_timestamp":${entry.timeMs / 1000},"_runtime":${seconds}`;
        return this.#hold("wandb-events.jsonl", `{${[head, ...items].join(",")}}`);
      }
      case "outputRaw": {
        const time = new Date(entry.timeMs).toISOString().replace("Z", "000");
        const lines = entry.line.replace(/\n$/, "").split("\n");
        for (const line of lines) this.#hold("output.log", `${entry.isError ? "ERROR " : ""}${time} ${line}`);
        return;
      }
      case "summary":
        this.summaryVersion += 1;
        for (const { path, json } of entry.items) {
          if (path.length === 1) this.summary.set(path[0]!, json);
          else this.runtime = json; // ["_wandb", "runtime"]
        }
        return;
      case "files":
        for (const path of entry.paths) this.attachments.push({ kind: "file", path, folder: filesPath });
        return;
      case "alert":
        this.attachments.push(entry);
        return;
      case "artifact":
        this.attachments.push({ kind: "artifact", artifact: entry.artifact, step: this.#lastStep });
        return;
      case "exit":
        if (this.#part === this.#parts.length - 1) this.exitCode = entry.exitCode;
        return;
      case "other":
        return;
    }
  }

  #setConfig(items: readonly JsonItem[]): void {
    for (const { path, json } of items) this.config.set(path.join("."), json);
    this.configVersion += 1;
  }

  #hold(file: StreamFile, line: string): void {
    if (this.#toSkip[file] > 0) {
      this.#toSkip[file] -= 1;
      return;
    }
    this.#lines[file].push(line);
    this.#held += line.length;
  }
}

function stepOf(items: readonly JsonItem[]): number {
  return Number(items.find(({ path }) => path[0] === "_step")?.json ?? 0);
}

function member({ path, json }: JsonItem): string {
  return `${JSON.stringify(path[0])}:${json}`;
}
