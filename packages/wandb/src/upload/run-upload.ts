import { UploadError, type UploadSource } from "@snapfit/logging";
import type { ResumeMode } from "../wandb-options.js";
import { Attachments } from "./attachments.js";
import { streamFiles, type RunContent, type StreamFile } from "./run-content.js";
import { askDefaultEntity, askEarlierRun, streamLines, upsertRun, type EarlierRun, type RunInputs, type RunName } from "./run-api.js";
import { configText, metadata, summaryText } from "./run-texts.js";
import type { Service } from "./service.js";
import { UploadNotes } from "./upload-notes.js";

/** What a run's upload needs besides its content. */
export interface RunUploadPlan {
  readonly resume: ResumeMode | undefined;
  /** Where it notes what the service does not tell. */
  readonly notesPath: string;
  /** Whether the official client has brought the first of the logs. */
  readonly isSynced: boolean;
  /** How long the service hears nothing at most. */
  readonly heartbeatMs: number;
  onStarted(run: RunName): void;
  /** Somebody has pressed Stop on the page of the run. */
  onStopped(): void;
  /** The service has refused a file, an alert or an artifact for good, or has later rows already. */
  onLeftOut(message: string): void;
}

/** Characters of lines in one request. */
const REQUEST_CHARACTERS = 2 ** 20;
/** Characters of a line that the service takes. */
const LONGEST_LINE = 10 * 2 ** 20 - 100 * 2 ** 10;

/** Brings a run's content to the service. What has arrived the service tells by the numbers of lines that it has. */
export class RunUpload implements UploadSource {
  readonly #service: Service;
  readonly #content: RunContent;
  readonly #plan: RunUploadPlan;
  readonly #notes: UploadNotes;
  readonly #attachments: Attachments;
  /** As the service calls it. */
  #run: RunName | undefined;
  #entity: string | undefined;
  /** What the service had before this upload. */
  #found: { readonly earlier: EarlierRun | undefined } | undefined;
  #offsets: Record<StreamFile, number> = { "wandb-history.jsonl": 0, "wandb-events.jsonl": 0, "output.log": 0 };
  #configVersion = 0;
  #summaryVersion = 0;
  #sentMs = 0;
  #isComplete = false;
  #isStopSaid = false;
  #isLeftOutSaid = false;

  constructor(service: Service, content: RunContent, plan: RunUploadPlan) {
    this.#service = service;
    this.#content = content;
    this.#plan = plan;
    this.#notes = new UploadNotes(plan.notesPath);
    this.#attachments = new Attachments({ service, content, notes: this.#notes, onLeftOut: (message) => plan.onLeftOut(message) });
  }

  async send(signal: AbortSignal): Promise<"more" | "idle"> {
    if (this.#isComplete) return "idle";
    const content = this.#content;
    this.#run ??= await this.#begin(signal);
    const run = this.#run;
    const hasMore = content.fill();
    this.#tellLeftOut();
    if (content.configVersion !== this.#configVersion) await this.#sendConfig(signal, run);
    await this.#sendLines(signal, run, hasMore);
    if (this.#attachments.isWaiting) await this.#heard(signal, run, this.#attachments.sendNext(signal, run));
    const isBehind = hasMore || this.#attachments.isWaiting || streamFiles.some((file) => content.lines[file].length > 0);
    return isBehind ? "more" : "idle";
  }

  async #begin(signal: AbortSignal): Promise<RunName> {
    const content = this.#content;
    const { resume } = this.#plan;
    // The first run record says what the run is called; lines are skipped only once the service has told how many it has.
    const run = content.readRun();
    // What is known is not asked again when a later request fails.
    this.#entity ??= run.entity ?? (await askDefaultEntity(this.#service, signal));
    const entity = this.#entity;
    const name = { entity, project: run.project, name: run.runId };
    this.#found ??= { earlier: await askEarlierRun(this.#service, signal, name) };
    const { earlier } = this.#found;
    if (earlier === undefined && resume === "must")
      throw refusal(`resume is "must", but there is no run ${run.runId} in ${entity}/${run.project}`);
    if (earlier !== undefined && resume === "never" && !this.#isOwn)
      throw refusal(`resume is "never", but there is a run ${run.runId} in ${entity}/${run.project} already`);
    if (earlier !== undefined) this.#goOn(earlier);
    const made = await upsertRun(this.#service, signal, {
      ...unchanged,
      ...name,
      id: earlier?.id ?? null,
      groupName: run.group ?? null,
      displayName: run.name ?? null,
      notes: run.notes ?? null,
      config: configText(content),
      host: run.host ?? null,
      program: (metadata(content)["program"] as string | undefined) ?? null,
      jobType: run.jobType ?? null,
      sweep: run.sweepId ?? null,
      tags: run.tags.length > 0 ? run.tags : null,
    });
    this.#configVersion = content.configVersion;
    this.#notes.change({}); // who comes next knows that the run's lines are these logs'
    this.#plan.onStarted(made);
    return made;
  }

  /** Whether what the service has of the run is from these logs. */
  get #isOwn(): boolean {
    return this.#notes.hasEarlier || this.#plan.isSynced;
  }

  /** The service's numbers win: what it has is not sent again. */
  #goOn({ lines, lastStep, config, summary }: EarlierRun): void {
    if (!this.#isOwn) {
      // The rows before these logs were logged elsewhere.
      this.#notes.change({ base: lines, afterStep: lastStep ?? -1 });
      this.#content.adopt(config, summary);
    }
    const { base, afterStep } = this.#notes.value;
    this.#content.skipSteps(afterStep);
    const skipped = (file: StreamFile): number => Math.max(0, lines[file] - base[file]);
    this.#offsets = { ...lines };
    this.#content.skip({
      "wandb-history.jsonl": skipped("wandb-history.jsonl"),
      "wandb-events.jsonl": skipped("wandb-events.jsonl"),
      "output.log": skipped("output.log"),
    });
  }

  /** Steps of a run only rise. */
  #tellLeftOut(): void {
    if (this.#isLeftOutSaid || !this.#content.hasLeftOut) return;
    this.#isLeftOutSaid = true;
    this.#plan.onLeftOut(`rows up to step ${this.#notes.value.afterStep} are left out, since the run has that step already`);
  }

  async #sendConfig(signal: AbortSignal, run: RunName): Promise<void> {
    const version = this.#content.configVersion;
    await upsertRun(this.#service, signal, { ...unchanged, ...run, config: configText(this.#content) });
    this.#configVersion = version;
  }

  async #sendLines(signal: AbortSignal, run: RunName, hasMore: boolean): Promise<void> {
    const content = this.#content;
    const files: Record<string, { offset: number; content: readonly string[] }> = {};
    let left = REQUEST_CHARACTERS;
    for (const file of streamFiles) {
      const lines = takeLines(content.lines[file], left);
      for (const line of lines) left -= line.length;
      if (lines.length > 0) files[file] = { offset: this.#offsets[file], content: lines.map(shortened) };
    }
    const { summaryVersion } = content;
    if (summaryVersion !== this.#summaryVersion) files["wandb-summary.json"] = { offset: 0, content: [summaryText(content)] };
    const isAll = !hasMore && streamFiles.every((file) => content.lines[file].length === (files[file]?.content.length ?? 0));
    const isEnd = isAll && content.exitCode !== undefined;
    if (isEnd) await this.#heard(signal, run, this.#sendRest(signal, run));
    const uploaded = isEnd ? this.#attachments.all : this.#attachments.untold;
    const hasFiles = Object.keys(files).length > 0;
    if (!hasFiles && uploaded.length === 0 && !isEnd && Date.now() - this.#sentMs < this.#plan.heartbeatMs) return;
    await this.#stream(signal, run, {
      ...(hasFiles && { files }),
      ...(uploaded.length > 0 && { uploaded }),
      ...(isEnd && { complete: true, exitcode: content.exitCode! }),
    });
    this.#attachments.told(uploaded.length);
    this.#summaryVersion = summaryVersion;
    for (const file of streamFiles) {
      const count = files[file]?.content.length ?? 0;
      content.drop(file, count);
      this.#offsets[file] += count;
    }
    this.#isComplete = isEnd;
  }

  async #sendRest(signal: AbortSignal, run: RunName): Promise<void> {
    while (this.#attachments.isWaiting) await this.#attachments.sendNext(signal, run);
    await this.#attachments.sendLast(signal, run);
  }

  /** Waits for what may take long: the service takes a run that it hears nothing of for dead. */
  async #heard(signal: AbortSignal, run: RunName, task: Promise<void>): Promise<void> {
    const timer = setInterval(() => void this.#stream(signal, run, {}).catch(() => undefined), this.#plan.heartbeatMs);
    try {
      await task;
    } finally {
      clearInterval(timer);
    }
  }

  async #stream(signal: AbortSignal, run: RunName, body: object): Promise<void> {
    const isStopped = await streamLines(this.#service, signal, run, JSON.stringify(body));
    this.#sentMs = Date.now();
    if (!isStopped || this.#isStopSaid) return;
    this.#isStopSaid = true;
    this.#plan.onStopped();
  }
}

/** What an update of a run leaves as it is. */
const unchanged = {
  id: null,
  groupName: null,
  description: null,
  displayName: null,
  notes: null,
  commit: null,
  host: null,
  debug: null,
  program: null,
  repo: null,
  jobType: null,
  state: null,
  sweep: null,
  tags: null,
  summaryMetrics: null,
} satisfies Partial<RunInputs>;

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
