import { UploadError } from "@snapfit/logging";
import type { LogReader } from "../log/log-reader.js";
import { numberOf, protoFields, bytesOf, textsOf, type ProtoField } from "../log/proto-reader.js";
import { readRecord, type JsonItem, type LogEntry, type MetricEntry, type RunEntry } from "../log/read-records.js";

/** Files of the service that grow by lines. */
export const streamFiles = ["wandb-history.jsonl", "wandb-events.jsonl", "output.log"] as const;
export type StreamFile = (typeof streamFiles)[number];
export type LineCounts = Readonly<Record<StreamFile, number>>;

/** A file of the run that the log tells of. */
export interface RunFile {
  readonly path: string;
  /** The folder that the path is relative to. */
  readonly folder: string;
}

export type AlertEntry = Extract<LogEntry, { readonly kind: "alert" }>;

/** One log of a run, and where its files are. */
export interface LogPart {
  readonly reader: LogReader;
  readonly filesPath: string;
}

/** Characters of lines that are held at once: some requests' worth. */
const HELD = 2 ** 20;

/** What the logs of a run say, read piece by piece, while the last one grows. */
export class RunContent {
  readonly #parts: readonly LogPart[];
  #part = 0;
  #held = 0;
  #startMs = 0;
  /** Lines that the service has already, which are not held. */
  #toSkip: Record<StreamFile, number> = { "wandb-history.jsonl": 0, "wandb-events.jsonl": 0, "output.log": 0 };
  #lines: Record<StreamFile, string[]> = { "wandb-history.jsonl": [], "wandb-events.jsonl": [], "output.log": [] };
  #afterStep = -1;
  readonly #config = new Map<string, string>();
  readonly #metrics = new Map<string, MetricEntry>();
  readonly #summary = new Map<string, string>();
  #runtime = "0";
  #environment: readonly ProtoField[] = [];
  run: RunEntry | undefined;
  readonly files: RunFile[] = [];
  readonly alerts: AlertEntry[] = [];
  /** Of the last log; undefined while the run goes on. */
  exitCode: number | undefined;
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

  /** As the service stores it. */
  configText(): string {
    const names = [...this.#metrics.keys()];
    const metrics = [...this.#metrics.values()].map(({ name, stepMetric, options, summaries }) => ({
      1: name,
      ...(stepMetric !== undefined && { 5: names.indexOf(stepMetric) + 1 }),
      6: options,
      7: summaries,
    }));
    const version = this.run?.version ?? "";
    const own = {
      cli_version: version,
      t: { 5: version, 13: `${process.platform}-${process.arch}` },
      m: metrics,
      e: { [textsOf(this.#environment, 199)[0] ?? "0"]: this.environment() },
    };
    const entries = [...this.#config].map(([name, json]) => `${JSON.stringify(name)}:{"value":${json}}`);
    return `{${[...entries, `"_wandb":{"value":${JSON.stringify(own)}}`].join(",")}}`;
  }

  /** `config.yaml`: values in YAML's flow style, which is JSON. */
  configYaml(): string {
    return [...this.#config].map(([name, json]) => `${JSON.stringify(name)}:\n    value: ${yamlOf(json)}\n`).join("");
  }

  summaryText(): string {
    const entries = [...this.#summary].map(([name, json]) => `${JSON.stringify(name)}:${json}`);
    return `{${[...entries, `"_wandb":{"runtime":${this.#runtime}}`].join(",")}}`;
  }

  /** `wandb-metadata.json`. */
  environment(): Record<string, unknown> {
    const fields = this.#environment;
    const text = (field: number): string | undefined => textsOf(fields, field)[0];
    const [memory] = bytesOf(fields, 21);
    const [cpu] = bytesOf(fields, 22);
    return {
      os: text(1),
      python: text(2),
      startedAt: new Date(this.#startMs).toISOString(),
      args: textsOf(fields, 5),
      program: text(6),
      root: text(11),
      host: text(12),
      executable: text(14),
      cpu_count: numberOf(fields, 16),
      cpu_count_logical: numberOf(fields, 17),
      memory: { total: String(memory === undefined ? 0 : numberOf(protoFields(memory), 1)) },
      cpu: { model: cpu === undefined ? "" : textsOf(protoFields(cpu), 3)[0] },
      writerId: text(199),
    };
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
        this.#metrics.set(entry.metric.name, entry.metric);
        this.configVersion += 1;
        return;
      case "environment":
        this.#environment = entry.fields;
        this.configVersion += 1;
        return;
      case "history":
        if (stepOf(entry.items) <= this.#afterStep) return;
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
          if (path.length === 1) this.#summary.set(path[0]!, json);
          else this.#runtime = json; // ["_wandb", "runtime"]
        }
        return;
      case "files":
        this.files.push(...entry.paths.map((path) => ({ path, folder: filesPath })));
        return;
      case "alert":
        this.alerts.push(entry);
        return;
      case "exit":
        if (this.#part === this.#parts.length - 1) this.exitCode = entry.exitCode;
        return;
      case "other":
        return;
    }
  }

  #setConfig(items: readonly JsonItem[]): void {
    for (const { path, json } of items) this.#config.set(path.join("."), json);
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

/** The words for what JSON has not are others in YAML. */
function yamlOf(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (found) =>
    found.startsWith('"') ? found : found.replace("Infinity", ".inf").replace("NaN", ".nan"),
  );
}
