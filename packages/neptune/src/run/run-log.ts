import type { StateTree } from "@snapfit/base";
import type { BestModelState } from "@snapfit/core";
import { rowText } from "@snapfit/logging";
import { encodePng, RowLedger } from "@snapfit/logging/node";
import { copyFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename } from "node:path";
import { OperationLog } from "../log/operation-log.js";
import { operationText, pathOf, type Operation } from "../log/operation.js";
import { findRunDirectory, makeRunDirectory, moveToServer, type RunDirectory } from "../log/run-directory.js";
import type { ResolvedSettings } from "../neptune-options.js";
import { attribute, parameterAttributes } from "./attributes.js";
import { endContent, imageContent, rowContent, type RowContent, type RowContext } from "./row-content.js";
import type { RecordOf, RowRecord } from "./run-position.js";

/** What a run's log is opened with. */
export interface RunLogPlan {
  /** The folder `.neptune`. */
  readonly folder: string;
  readonly settings: ResolvedSettings;
  /** What the run is called. */
  readonly name: string;
  /** Rows that the restored state knows of; 0 without one. */
  readonly numRestored: number;
  /** Says that the run is another one from this step on. */
  onBranch(step: number): void;
  /** Says that a number was left out. */
  onDrop(name: string, value: number, step: number): void;
}

/** The log of a run: records in, operations out, each row exactly once however often the run is killed and goes on. */
export class RunLog {
  readonly #plan: RunLogPlan;
  #directory: RunDirectory;
  #log: OperationLog;
  #ledger: RowLedger;
  #parameters: Readonly<Record<string, StateTree>> = {};
  /** A row that takes a while. */
  #later: Promise<void> | undefined;
  #isClosed = false;

  /** @throws SnapfitError with a code of storages */
  constructor(plan: RunLogPlan) {
    this.#plan = plan;
    const found = findRunDirectory(plan.folder);
    this.#directory = found ?? makeRunDirectory(plan.folder, new Date());
    this.#log = new OperationLog(this.#directory.path);
    this.#ledger = this.#openLedger(plan.numRestored);
    this.#writeHead(found === undefined ? this.#beginning() : []);
  }

  get directory(): RunDirectory {
    return this.#directory;
  }

  /** @param steps of the record's series */
  write(record: RowRecord, steps: readonly number[]): void | Promise<void> {
    const text = textOf(record);
    const context = this.#admit(record, text, steps);
    if (context === undefined) return;
    if (record.kind === "image")
      return this.#writeLater(text, context, async () => imageContent(record, await encodePng(record.image), context));
    const content = rowContent(record, context);
    if (content.file === undefined) return this.#writeRow(text, content.operations, context.ts);
    return this.#writeLater(text, context, async () => this.#keepFile(content));
  }

  /** The end of a fit, with the best weights. */
  async writeEnd(record: RecordOf<"summary">, model: BestModelState): Promise<void> {
    const text = textOf(record);
    const context = this.#admit(record, text, []);
    if (context !== undefined) await this.#writeLater(text, context, async () => this.#keepFile(endContent(record, model, context)));
  }

  /** The options of the trainer. */
  writeParameters(values: Readonly<Record<string, StateTree>>): void {
    this.#parameters = values;
    this.append(parameterAttributes("parameters", values).map(operationText));
  }

  /** Writes what is no row: it is not written again by a run that goes on. @param operations JSON */
  append(operations: readonly string[]): void {
    if (operations.length > 0) this.#log.commit(this.#log.prepare(operations, Date.now() / 1000));
  }

  /** Goes back, or on, to a state that knows of so many rows. */
  restore(numRows: number): void {
    this.#ledger.close();
    this.#ledger = this.#openLedger(numRows);
  }

  /** A server knows a run of this log now: the one that goes on, or the one before a branch. @returns its directory from now on */
  async adopt(directory: RunDirectory, serverId: string): Promise<string> {
    while (this.#later !== undefined) await this.#later; // it writes into the directory
    if (directory.isOnServer) return directory.path;
    if (directory !== this.#directory || this.#isClosed) return moveToServer(directory, serverId).path;
    this.#log.close(); // some systems move no open files
    try {
      this.#directory = moveToServer(directory, serverId);
    } finally {
      this.#log = new OperationLog(this.#directory.path);
    }
    return this.#directory.path;
  }

  /** @param hasFailed whether the run has ended by an error */
  close(hasFailed: boolean): void {
    try {
      this.append([operationText(attribute("sys/failed", hasFailed))]);
    } finally {
      this.#isClosed = true;
      this.#log.close();
      this.#ledger.close();
    }
  }

  /** What a row is written with; undefined where the log has it. */
  #admit(record: RowRecord, text: string, steps: readonly number[]): RowContext | undefined {
    const admission = this.#ledger.admit(text);
    if (admission === "replayed") return undefined;
    try {
      if (admission === "rewound") this.#beginBranch(record.step);
    } catch (error) {
      this.#ledger.lose();
      throw error;
    }
    return {
      steps,
      ts: Date.now() / 1000,
      fileName: `row-${this.#ledger.numRows}`,
      onDrop: (name, value) => this.#plan.onDrop(name, value, record.step),
    };
  }

  /** The next row waits for it. */
  async #writeLater(text: string, context: RowContext, make: () => Promise<RowContent>): Promise<void> {
    const writing = this.#make(text, context, make);
    const settled = writing.catch(() => undefined); // whoever waits for the row is told
    this.#later = settled;
    try {
      await writing;
    } finally {
      this.#later = undefined;
    }
  }

  async #make(text: string, { ts }: RowContext, make: () => Promise<RowContent>): Promise<void> {
    let content: RowContent;
    try {
      content = await make();
    } catch (error) {
      this.#ledger.lose();
      throw error;
    }
    this.#writeRow(text, content.operations, ts);
  }

  #writeRow(text: string, operations: readonly string[], ts: number): void {
    try {
      if (operations.length === 0) return this.#ledger.write(text, this.#log.end, () => undefined);
      const unit = this.#log.prepare(operations, ts);
      this.#ledger.write(text, unit.end, () => this.#log.commit(unit));
    } catch (error) {
      this.#ledger.lose();
      throw error;
    }
  }

  async #keepFile(content: RowContent): Promise<RowContent> {
    const { name, content: source } = content.file!;
    const path = this.#log.uploadPath(name);
    await (typeof source === "string" ? copyFile(source, path) : writeFile(path, source));
    return content;
  }

  /** A branch is a run of its own: series of a run never go back. */
  #beginBranch(step: number): void {
    const { runId } = this.#directory;
    const { numRows } = this.#ledger;
    const directory = makeRunDirectory(this.#plan.folder, new Date());
    this.#log.close();
    this.#ledger.close();
    this.#directory = directory;
    this.#log = new OperationLog(directory.path);
    this.#ledger = this.#openLedger(numRows);
    this.#writeHead([
      ...this.#beginning(),
      attribute("snapfit/branched_from/run", runId),
      { type: "AssignInt", path: pathOf("snapfit/branched_from/step"), value: step },
    ]);
    this.writeParameters(this.#parameters);
    this.#plan.onBranch(step);
  }

  #openLedger(numRows: number): RowLedger {
    return new RowLedger(this.#directory.ledgerPath, this.#log.end, numRows);
  }

  #beginning(): Operation[] {
    return [
      ...(this.#plan.settings.monitoring ? [attribute("sys/hostname", hostname())] : []),
      attribute("snapfit/run_id", this.#directory.runId),
      { type: "AssignDatetime", path: pathOf("snapfit/started_at"), value: Date.now() },
    ];
  }

  #writeHead(beginning: readonly Operation[]): void {
    const { name, settings } = this.#plan;
    const { tags, description } = settings;
    const head: Operation[] = [
      attribute("sys/name", name),
      ...(description === undefined ? [] : [attribute("sys/description", description)]),
      ...(tags.length === 0 ? [] : [{ type: "AddStrings", path: pathOf("sys/tags"), values: tags } as const]),
      ...beginning,
    ];
    this.append(head.map(operationText));
  }
}

/** Equal whenever the run does the same: a file may come from another folder then. */
function textOf(record: RowRecord): string {
  const row: RowRecord = record.kind === "file" ? { ...record, path: basename(record.path) } : record;
  return rowText(row);
}
