import type { StateRecord, StateTree } from "@snapfit/base";
import type { BestModelState, LogRecord } from "@snapfit/core";
import { rowText } from "@snapfit/logging";
import { jsonText } from "../log/json-text.js";
import { RecordKind } from "../log/record-kinds.js";
import type { TransactionLog } from "../log/transaction-log.js";
import * as write from "../log/write-records.js";
import type { ResolvedSettings } from "../wandb-options.js";
import { modelArtifact } from "./artifact.js";
import { beginLog } from "./begin-log.js";
import { DefinedMetrics } from "./defined-metrics.js";
import type { Fragment } from "./fragments.js";
import { histogramValue, imageFile, tableFile, type MediaFile } from "./media.js";
import { MetricDefinitions } from "./metric-definitions.js";
import { entriesOf, isEmpty, loadRows, newRow, saveRows, textOf, type Row } from "./row.js";
import { RunFiles } from "./run-files.js";
import { Summary } from "./summary.js";
import { UnitLog, type BranchPoint } from "./unit-log.js";

/** What a run's log is opened with. */
export interface RunLogPlan {
  /** The folder `wandb`. */
  readonly folder: string;
  readonly settings: ResolvedSettings;
  readonly name: string;
  readonly restored: SavedRun | undefined;
  /** The run that goes on where nothing else says so. */
  readonly unfinishedRunId: string | undefined;
  /** What a sweep has chosen: config that nothing changes. */
  readonly locked: Readonly<Record<string, StateTree>>;
  /** Told that the run is another one now. */
  onBranch(branch: BranchPoint): void;
}

/** What a state holds of a run. */
export interface SavedRun {
  /** Rows and other units that the run has brought into the log. */
  readonly numRows: number;
  /** Rows that are not complete, or could not be written yet. */
  readonly rows: readonly StateRecord[];
  /** Identity and times. */
  readonly environment: StateRecord;
}

const levels = { info: "INFO", warning: "WARN", error: "ERROR" } as const;

/** The log of a run: records in, rows by step out, each exactly once however often the run is killed and goes on. */
export class RunLog {
  readonly #plan: RunLogPlan;
  readonly #metrics: MetricDefinitions;
  readonly #defined: DefinedMetrics;
  readonly #summary: Summary;
  readonly #files: RunFiles;
  readonly #units: UnitLog;
  #startMs = Date.now();
  /** The last one still grows; those before it could not be written. */
  #rows: Row[] = [];
  #config: Record<string, StateTree>;

  constructor(plan: RunLogPlan) {
    this.#plan = plan;
    this.#config = { ...plan.locked };
    this.#metrics = new MetricDefinitions(plan.settings.metrics);
    this.#defined = new DefinedMetrics(this.#metrics);
    this.#summary = new Summary(this.#metrics);
    this.#files = new RunFiles(plan.folder);
    const { restored } = plan;
    if (restored !== undefined) this.#load(restored);
    const restoredRunId = restored?.environment["runId"];
    this.#units = new UnitLog({
      folder: plan.folder,
      runId: plan.settings.runId,
      restoredRunId: typeof restoredRunId === "string" ? restoredRunId : plan.unfinishedRunId,
      numRestored: restored?.numRows ?? 0,
      begin: (fragment, isFirst, branch) => {
        this.#defined.clear();
        return beginLog(fragment, {
          settings: plan.settings,
          name: plan.name,
          startMs: this.#startMs,
          isResumed: !isFirst || (restored !== undefined && branch === undefined),
          config: entriesOf({ ...this.#config, ...(branch && { branched_from: { run: branch.runId, step: branch.step } }) }),
          summary: this.#summary.entries(),
        });
      },
      end: (log, exitCode) => this.#end(log, exitCode),
      onBranch: (branch) => plan.onBranch(branch),
    });
  }

  get runId(): string {
    return this.#units.runId;
  }

  /** The parts of the run's log, oldest first. */
  get fragments(): readonly Fragment[] {
    return this.#units.fragments;
  }

  /** What `wandb sync` takes. */
  get syncPath(): string {
    return this.#units.syncPath;
  }

  get syncCommand(): string {
    const path = this.syncPath;
    return `wandb sync ${/^[\w./:\\-]+$/.test(path) ? path : JSON.stringify(path)}`;
  }

  write(record: LogRecord): void | Promise<void> {
    switch (record.kind) {
      case "scalars":
        Object.assign(this.#rowOf(record).values, record.values);
        return this.#writeComplete();
      case "text":
        this.#rowOf(record).values[record.key] = record.text;
        return this.#writeComplete();
      case "histogram":
        this.#rowOf(record).values[record.key] = histogramValue(record);
        return this.#writeComplete();
      case "table":
        return this.#takeMedia(record, tableFile(record));
      case "image":
        return imageFile(record).then((media) => this.#takeMedia(record, media));
      case "file":
        return this.#takeFile(record);
      case "alert":
        return this.#takeAlert(record);
      case "summary":
        for (const [name, value] of Object.entries(record.values)) this.#rowOf(record).summary[name] = jsonText(value);
        return this.#writeComplete();
      case "config":
        this.updateConfig(record.values);
        return;
    }
  }

  /** @returns names that the sweep has chosen: they stay as they are */
  updateConfig(given: Readonly<Record<string, StateTree>>): string[] {
    const { locked } = this.#plan;
    const isLocked = (name: string): boolean => Object.hasOwn(locked, name);
    const values = Object.fromEntries(Object.entries(given).filter(([name]) => !isLocked(name)));
    Object.assign(this.#config, values);
    this.#units.append((log) => log.add(RecordKind.config, (writer) => write.writeItems(writer, entriesOf(values))));
    return Object.keys(given).filter((name) => isLocked(name) && jsonText(given[name]) !== jsonText(locked[name]));
  }

  /** A line of the console. */
  line(text: string, isError: boolean): void {
    this.#units.append((log) => log.add(RecordKind.outputRaw, (writer) => write.writeOutput(writer, `${text}\n`, isError, Date.now())));
  }

  /** Figures of the system, by name. */
  stats(figures: Readonly<Record<string, number>>): void {
    this.#units.append((log) => log.add(RecordKind.stats, (writer) => write.writeStats(writer, Date.now(), figures)));
  }

  /** The best weights, as an artifact behind the row of this step. */
  async addModel(model: BestModelState): Promise<void> {
    this.flush();
    const { entity, project } = this.#plan.settings;
    const artifact = await modelArtifact(model, { entity, project, runId: this.runId, folder: this.#units.fragment.path });
    this.#units.unitOnce(`artifact ${artifact.digest} ${model.step}`, (log) =>
      log.add(RecordKind.artifact, (writer) => write.writeArtifact(writer, artifact)),
    );
  }

  /** Writes what there is of the last row too. What comes for its step later is added to it. */
  flush(): void {
    this.#writeComplete();
    const row = this.#rows[0];
    if (row === undefined || isEmpty(row) || !this.#units.isAtEnd) return;
    const entries = entriesOf(row.values);
    this.#defined.during(() => this.#units.append((log) => this.#addRow(log, row, entries), row.step));
    const earlier = this.#units.part?.step === row.step ? this.#units.part.values : []; // of a process that had come further
    this.#units.part = { step: row.step, values: new Map([...earlier, ...entries]) };
  }

  saveState(): SavedRun {
    const { rows, clocks } = saveRows(this.#rows);
    return {
      numRows: this.#units.numUnits,
      rows,
      environment: {
        runId: this.runId,
        runtimeSeconds: this.#runtimeAt(Date.now()),
        clocks,
        summary: this.#summary.saveState(),
      },
    };
  }

  /** Goes back, or on, to where a state was saved. */
  restore(saved: SavedRun): void {
    this.#units.goTo(saved.numRows);
    this.#load(saved);
  }

  /** @param exitCode 0 for a run that has done all that it should */
  close(exitCode: number): void {
    try {
      this.flush();
    } finally {
      this.#units.close(exitCode);
    }
  }

  #load({ rows, environment }: SavedRun): void {
    this.#startMs = Date.now() - 1000 * Number(environment["runtimeSeconds"] ?? 0);
    this.#summary.loadState((environment["summary"] ?? {}) as StateRecord);
    this.#rows = loadRows({ rows, clocks: (environment["clocks"] ?? []) as readonly StateRecord[] });
  }

  #rowOf({ step }: LogRecord): Row {
    const last = this.#rows.at(-1);
    if (last?.step === step) return last;
    const row = newRow(step, Date.now());
    this.#rows.push(row);
    return row;
  }

  /** Writes rows that nothing is added to any more. What cannot be written stays, and is tried again with the next record. */
  #writeComplete(): void {
    while (this.#rows.length > 1) this.#writeFirstRow();
  }

  #takeMedia(record: LogRecord, media: MediaFile): void {
    const row = this.#rowOf(record);
    this.#files.write(this.#units.fragment, media);
    row.values[record.key] = media.value;
    row.files.push(media.path);
    this.#writeComplete();
  }

  #takeFile(record: Extract<LogRecord, { readonly kind: "file" }>): void {
    this.#units.unitOnce(rowText(record), (log) => {
      const path = this.#files.copy(this.#units.fragment, record.key, record.path);
      log.add(RecordKind.files, (writer) => write.writeFiles(writer, [path], false));
    });
  }

  #takeAlert(record: Extract<LogRecord, { readonly kind: "alert" }>): void {
    const { title, text, level } = record;
    this.#units.unitOnce(rowText(record), (log) =>
      log.add(RecordKind.alert, (writer) => write.writeAlert(writer, title, text, levels[level])),
    );
  }

  #writeFirstRow(): void {
    const row = this.#rows[0]!;
    const entries = entriesOf(row.values);
    const add = (log: TransactionLog): void => this.#addRow(log, row, entries);
    const isWritten = isEmpty(row) || this.#defined.during(() => this.#units.unit(textOf(row, entries), add, row.step));
    if (!isWritten) {
      this.#summary.count(row, entries);
      for (const path of row.files) this.#files.remove(this.#units.fragment, path); // an earlier fragment has it
    }
    this.#rows.shift();
  }

  /** What the log has not yet of a row. */
  #addRow(log: TransactionLog, row: Row, all: readonly write.JsonEntry[]): void {
    const { step, timeMs, values, summary } = row;
    const part = this.#units.part?.step === step ? this.#units.part.values : undefined;
    const entries = part === undefined ? all : all.filter(([name, json]) => part.get(name) !== json);
    if (entries.length === 0 && isEmpty({ ...row, values: {} })) return;
    this.#summary.count(row, all);
    const files = row.files.filter((path) => entries.some(([name]) => (values[name] as { path?: string }).path === path));
    for (const path of files) this.#files.bring(this.#units.fragment, path);
    if (files.length > 0) log.add(RecordKind.files, (writer) => write.writeFiles(writer, files, true));
    for (const [name] of entries) this.#defined.write(log, name);
    const seconds = this.#runtimeAt(timeMs);
    const times: write.JsonEntry[] = [
      ["_step", String(step)],
      ["_runtime", String(seconds)],
      ["_timestamp", String(timeMs / 1000)],
    ];
    const items = write.encodedItems([...entries, ...times]);
    log.add(RecordKind.summary, (writer) => {
      write.writeRuntime(writer, seconds);
      if (entries.every(([name]) => this.#metrics.isPlain(name))) writer.encoded(items);
      else write.writeItems(writer, [...this.#summary.entriesOf(entries.map(([name]) => name)), ...times]);
      write.writeItems(writer, this.#summary.entriesOf(Object.keys(summary)));
    });
    if (entries.length > 0) log.add(RecordKind.history, (writer) => write.writeHistory(writer, step, items));
  }

  #end(log: TransactionLog, exitCode: number): void {
    const seconds = this.#runtimeAt(Date.now());
    log.add(RecordKind.summary, (writer) => write.writeRuntime(writer, seconds));
    log.add(RecordKind.exit, (writer) => write.writeExit(writer, exitCode, seconds));
    log.commit();
  }

  /** Seconds that the run has taken, in all of its processes. */
  #runtimeAt(timeMs: number): number {
    return Math.max(0, timeMs - this.#startMs) / 1000;
  }
}
