import { UploadError, type UploadSource } from "@snapfit/logging";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ResumeMode } from "../wandb-options.js";
import { streamFiles, type LineCounts, type RunContent, type StreamFile } from "./run-content.js";
import type { Bucket, EarlierRun, WandBApi } from "./wandb-api.js";

/** What a run's upload needs besides its content. */
export interface RunUploadPlan {
  readonly resume: ResumeMode | undefined;
  /** Where it notes what the service does not tell. */
  readonly notesPath: string;
  /** How long the service hears nothing at most. */
  readonly heartbeatMs: number;
  onStarted(run: { readonly entity: string; readonly project: string }): void;
  /** Somebody has pressed Stop on the page of the run. */
  onStopped(): void;
}

/** What a new process must know of the upload before it. */
interface Notes {
  /** Lines that the service had before the first one of these logs. */
  base: Record<StreamFile, number>;
  /** Rows up to this step the service has from elsewhere. */
  afterStep: number;
  numFiles: number;
  numAlerts: number;
}

/** Characters of lines in one request. */
const REQUEST_CHARACTERS = 2 ** 20;
/** Characters of a line that the service takes. */
const LONGEST_LINE = 10 * 2 ** 20 - 100 * 2 ** 10;

/** Brings a run's content to the service. What has arrived the service tells by the numbers of lines that it has. */
export class RunUpload implements UploadSource {
  readonly #api: WandBApi;
  readonly #content: RunContent;
  readonly #plan: RunUploadPlan;
  readonly #notes: Notes;
  #bucket: Bucket | undefined;
  #entity: string | undefined;
  /** What the service had before this upload. */
  #found: { readonly earlier: EarlierRun | undefined } | undefined;
  #offsets: Record<StreamFile, number> = { "wandb-history.jsonl": 0, "wandb-events.jsonl": 0, "output.log": 0 };
  #configVersion = 0;
  #summaryVersion = 0;
  #sentMs = 0;
  /** Those of the end that have arrived. */
  readonly #lastFiles = new Set<string>();
  #isComplete = false;
  #isStopSaid = false;

  constructor(api: WandBApi, content: RunContent, plan: RunUploadPlan) {
    this.#api = api;
    this.#content = content;
    this.#plan = plan;
    this.#notes = readNotes(plan.notesPath);
  }

  async send(signal: AbortSignal): Promise<"more" | "idle"> {
    if (this.#isComplete) return "idle";
    const content = this.#content;
    if (this.#bucket === undefined) this.#bucket = await this.#begin(signal);
    const hasMore = content.fill();
    if (content.configVersion !== this.#configVersion) await this.#sendConfig(signal);
    await this.#sendLines(signal, hasMore);
    await this.#sendAlerts(signal);
    await this.#sendFiles(signal);
    return hasMore || streamFiles.some((file) => content.lines[file].length > 0) ? "more" : "idle";
  }

  get #name() {
    return { entity: this.#bucket!.entity, project: this.#bucket!.project, name: this.#content.run!.runId };
  }

  async #begin(signal: AbortSignal): Promise<Bucket> {
    const content = this.#content;
    const { resume } = this.#plan;
    // The first run record says what the run is called; lines are skipped only once the service has told how many it has.
    const run = content.readRun();
    // What is known is not asked again when a later request fails.
    this.#entity ??= run.entity ?? (await this.#api.defaultEntity(signal));
    const entity = this.#entity;
    const name = { entity, project: run.project, name: run.runId };
    this.#found ??= { earlier: await this.#api.earlierRun(signal, name) };
    const { earlier } = this.#found;
    if (earlier === undefined && resume === "must")
      throw refusal(`resume is "must", but there is no run ${run.runId} in ${entity}/${run.project}`);
    if (earlier !== undefined && resume === "never" && !run.isResumed)
      throw refusal(`resume is "never", but there is a run ${run.runId} in ${entity}/${run.project} already`);
    const bucket = await this.#api.upsertRun(signal, {
      ...name,
      id: earlier?.id ?? null,
      groupName: run.group ?? null,
      displayName: run.name ?? null,
      notes: run.notes ?? null,
      config: content.configText(),
      host: run.host ?? null,
      program: content.environment()["program"] ?? null,
      jobType: run.jobType ?? null,
      sweep: run.sweepId ?? null,
      tags: run.tags.length > 0 ? run.tags : null,
    });
    this.#configVersion = content.configVersion;
    if (earlier !== undefined) this.#goOn(earlier.lines, run.isResumed, earlier.lastStep);
    this.#plan.onStarted(bucket);
    return bucket;
  }

  /** The service's numbers win: what it has is not sent again. */
  #goOn(lines: LineCounts, isFirstLogResumed: boolean, lastStep: number | undefined): void {
    const { notesPath } = this.#plan;
    // The rows before these logs were logged elsewhere, by a process whose state this run has taken up.
    if (isFirstLogResumed && !existsSync(notesPath)) {
      this.#notes.base = { ...lines };
      this.#notes.afterStep = lastStep ?? -1;
    }
    this.#note();
    this.#content.skipSteps(this.#notes.afterStep);
    const { base } = this.#notes;
    const skipped = (file: StreamFile): number => Math.max(0, lines[file] - base[file]);
    this.#offsets = { ...lines };
    this.#content.skip({
      "wandb-history.jsonl": skipped("wandb-history.jsonl"),
      "wandb-events.jsonl": skipped("wandb-events.jsonl"),
      "output.log": skipped("output.log"),
    });
  }

  async #sendConfig(signal: AbortSignal): Promise<void> {
    const version = this.#content.configVersion;
    await this.#api.upsertRun(signal, { ...this.#name, config: this.#content.configText() });
    this.#configVersion = version;
  }

  async #sendLines(signal: AbortSignal, hasMore: boolean): Promise<void> {
    const content = this.#content;
    const files: Record<string, { offset: number; content: readonly string[] }> = {};
    let left = REQUEST_CHARACTERS;
    for (const file of streamFiles) {
      const lines = takeLines(content.lines[file], left);
      for (const line of lines) left -= line.length;
      if (lines.length > 0) files[file] = { offset: this.#offsets[file], content: lines.map(shortened) };
    }
    const summaryVersion = content.summaryVersion;
    if (summaryVersion !== this.#summaryVersion) files["wandb-summary.json"] = { offset: 0, content: [content.summaryText()] };
    const isAll = !hasMore && streamFiles.every((file) => content.lines[file].length === (files[file]?.content.length ?? 0));
    const isEnd = isAll && content.exitCode !== undefined;
    const now = Date.now();
    if (Object.keys(files).length === 0 && !isEnd && now - this.#sentMs < this.#plan.heartbeatMs) return;
    if (isEnd) await this.#finishFiles(signal);
    const body = { ...(Object.keys(files).length > 0 && { files }), ...(isEnd && { complete: true, exitcode: content.exitCode }) };
    const isStopped = await this.#api.stream(signal, this.#name, JSON.stringify(body));
    this.#sentMs = now;
    this.#summaryVersion = summaryVersion;
    for (const file of streamFiles) {
      const count = files[file]?.content.length ?? 0;
      content.drop(file, count);
      this.#offsets[file] += count;
    }
    this.#isComplete = isEnd;
    if (isStopped && !this.#isStopSaid) {
      this.#isStopSaid = true;
      this.#plan.onStopped();
    }
  }

  async #sendAlerts(signal: AbortSignal): Promise<void> {
    const { alerts } = this.#content;
    const { entity, project, name } = this.#name;
    while (this.#notes.numAlerts < alerts.length) {
      const { title, text, level, waitMs } = alerts[this.#notes.numAlerts]!;
      await this.#api.alert(signal, {
        entityName: entity,
        projectName: project,
        runName: name,
        title,
        text,
        severity: level,
        waitDuration: waitMs,
      });
      this.#notes.numAlerts += 1;
      this.#note();
    }
  }

  async #sendFiles(signal: AbortSignal): Promise<void> {
    const { files } = this.#content;
    while (this.#notes.numFiles < files.length) {
      const { path, folder } = files[this.#notes.numFiles]!;
      const source = join(folder, path);
      // One that the user has removed is none of the run any more.
      if (existsSync(source)) await this.#api.uploadFiles(signal, this.#name, new Map([[path, await readFile(source)]]));
      this.#notes.numFiles += 1;
      this.#note();
    }
  }

  /** What the official client uploads at the end; and all that waits. */
  async #finishFiles(signal: AbortSignal): Promise<void> {
    await this.#sendAlerts(signal);
    await this.#sendFiles(signal);
    const content = this.#content;
    const texts = {
      "wandb-metadata.json": JSON.stringify(content.environment()),
      "wandb-summary.json": content.summaryText(),
      "config.yaml": content.configYaml(),
    };
    for (const [path, text] of Object.entries(texts)) {
      if (this.#lastFiles.has(path)) continue; // what has arrived is not sent again when a later one fails
      await this.#api.uploadFiles(signal, this.#name, new Map([[path, new TextEncoder().encode(text)]]));
      this.#lastFiles.add(path);
    }
  }

  #note(): void {
    writeFileSync(this.#plan.notesPath, JSON.stringify(this.#notes));
  }
}

function readNotes(path: string): Notes {
  const none: Notes = {
    base: { "wandb-history.jsonl": 0, "wandb-events.jsonl": 0, "output.log": 0 },
    afterStep: -1,
    numFiles: 0,
    numAlerts: 0,
  };
  if (!existsSync(path)) return none;
  try {
    return { ...none, ...(JSON.parse(readFileSync(path, "utf8")) as Notes) };
  } catch {
    return none; // torn by a kill: files and alerts go once more
  }
}

/** The first lines that fit; always one. */
function takeLines(lines: readonly string[], characters: number): readonly string[] {
  let left = characters;
  let count = 0;
  while (count < lines.length && (left > lines[count]!.length || (count === 0 && left === REQUEST_CHARACTERS)))
    left -= lines[count++]!.length;
  return lines.slice(0, count);
}

/** The service refuses longer ones, and all that would come after them. */
function shortened(line: string): string {
  return line.length <= LONGEST_LINE ? line : `{"_too_long":${line.length}}`;
}

function refusal(reason: string): UploadError {
  return new UploadError(`${reason}.`, { isPermanent: true });
}
