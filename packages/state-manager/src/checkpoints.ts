import { forgetRecycledArrays, type SnapfitError, type ProcessGroup, type StateRecord, type StateTree, type Storage } from "@snapfit/base";
import type { BestModelState, Logger, Progress, SavePointKind } from "@snapfit/core";
import { isCheckpoint, readCheckpoint, writeCheckpoint } from "./checkpoint-files.js";
import { CheckpointFolder, type SaveJob, type SaveTarget } from "./checkpoint-folder.js";
import { hashState, packCheckpoint, unpackCheckpoint, type CheckpointContent } from "./checkpoint.js";
import { checkFinite } from "./check-finite.js";
import { FolderLock } from "./folder-lock.js";
import type { CheckpointEntry } from "./manifest.js";
import { standingPath, writeAtomically } from "./write-atomically.js";
import { SavePlan, type ValidationValue } from "./save-plan.js";
import { createSaver, ownArrays, type Saver } from "./saver.js";
import { stateManagerError } from "./state-manager-error.js";
import type { ResolvedSettings } from "./state-manager-options.js";

/** What the checkpoints need of the trainer. */
export interface CheckpointsHost {
  readonly progress: Progress;
  readonly logger: Logger;
  readonly processGroup: ProcessGroup;
  bestModelState(): BestModelState | undefined;
  captureState(): Promise<StateRecord>;
  applyState(state: StateRecord): Promise<void>;
  /** The run folder. */
  runFolder(storage: Storage, options: { readonly mayReopen: boolean }): Promise<string>;
  /** What else a checkpoint tells. */
  describe(): Omit<CheckpointContent, "state">;
}

/** The checkpoints of a run: what the trainer's methods and `trainer.stateManager` call. */
export class Checkpoints {
  readonly #settings: ResolvedSettings;
  readonly #host: CheckpointsHost;
  readonly #plan: SavePlan;
  /** On rank 0 only, and until `close()`. */
  #folder: CheckpointFolder | undefined;
  #lock: FolderLock | undefined;
  #saver: Saver | undefined;
  #inFlight: Promise<void> | undefined;
  #failure: Error | undefined;
  #seenBest: BestModelState | undefined;
  /** The save that should have written the best one failed: the next one that is due does it. */
  #isBestUnsaved = false;
  #validated: ValidationValue | undefined;

  constructor(settings: ResolvedSettings, host: CheckpointsHost) {
    this.#settings = settings;
    this.#host = host;
    this.#plan = new SavePlan(settings);
  }

  get entries(): readonly CheckpointEntry[] {
    return this.#folder?.entries ?? [];
  }

  /** Path of a checkpoint of the folder. */
  pathOf(name: string): string {
    return `${this.#folder!.path}/${name}`;
  }

  /** Of the best checkpoint. */
  get bestPath(): string | undefined {
    const { names } = this.#settings;
    const best = this.entries.find(({ kind, name }) => kind === "best" && name.replace(/\.ckpt$/, "") === names.best);
    return best && this.pathOf(best.name);
  }

  /** Takes the folder, and finds what is in it. Collective. @throws SnapfitError `DIRECTORY_LOCKED`, those of the storage */
  async open(): Promise<void> {
    const { storage, directory, resume, format, keep, best, names } = this.#settings;
    const runFolder = await this.#host.runFolder(storage, { mayReopen: resume !== "never" }); // loggers go on in it
    const path = directory ?? `${runFolder}/checkpoints`;
    if (!this.#isFirstRank) return;
    const { logger } = this.#host;
    const rule = { newest: keep, best: best.keep, mode: best.mode ?? "min", bestName: names.best };
    this.#lock = await FolderLock.take(storage, path, (sentence) => logger.warning(sentence));
    this.#folder = new CheckpointFolder(storage, { path, format, keep: rule });
    await this.#folder.open((sentence) => logger.warning(sentence));
  }

  /** Takes up the state that `resume` asks for. Collective. @throws SnapfitError `NO_CHECKPOINT`, `CHECKPOINT_DAMAGED`, `CHECKPOINT_VERSION` */
  async restore(): Promise<StateRecord | undefined> {
    const { resume } = this.#settings;
    const found = this.#isFirstRank && resume !== "never" ? await this.#find(resume) : undefined;
    if (found !== undefined) this.#host.logger.info(`Found checkpoint: ${found.path}`);
    const state = await this.#take(found);
    if (state !== undefined) this.#sayIfFinished(state);
    if (this.#isFirstRank) this.#saver = createSaver(this.#settings.storage, this.#folder!, { isAsync: this.#settings.async });
    this.#seenBest = this.#host.bestModelState();
    return state;
  }

  /** Takes up the state of a checkpoint; the newest without a path. Collective. @param change is given the state before it is applied */
  async load(path: string | undefined, change: (state: StateRecord) => Promise<StateRecord>): Promise<StateRecord> {
    await this.settle();
    const state = await this.#take(this.#isFirstRank ? await this.#find(path ?? "must") : undefined, change);
    this.#seenBest = this.#host.bestModelState();
    return state!;
  }

  /** A validation has ended. */
  noteValidation(validated: ValidationValue): void {
    this.#validated = validated;
  }

  /** Called at each save point; synchronous when there is nothing to do. */
  savePoint(kind: SavePointKind): void | Promise<void> {
    if (this.#failure !== undefined) return this.settle().then(() => this.savePoint(kind));
    const { progress, processGroup } = this.#host;
    const bestModelState = this.#host.bestModelState();
    const isDue = this.#plan.isDue(kind, progress);
    if (kind === "step" && this.#settings.everyMinutes > 0) {
      const isTimeDue = this.#plan.isTimeDue();
      if (processGroup.size > 1) return processGroup.broadcast(isTimeDue).then((agreed) => this.#saveIfAny(kind, isDue || agreed));
      if (isTimeDue) return this.#saveIfAny(kind, true);
    }
    if (isDue || bestModelState !== this.#seenBest || this.#validated !== undefined) return this.#saveIfAny(kind, isDue);
    return undefined;
  }

  /** Saves now, and waits until it is done. Collective. @returns the path @throws SnapfitError of what went wrong */
  async save(path: string | undefined): Promise<string> {
    const target = this.#plan.manualTarget(this.#host.progress);
    if (path === undefined) {
      await this.#saveForGood([target]);
      await this.settle("stop");
      return this.#isFirstRank ? this.pathOf(this.entries.at(-1)!.name) : "";
    }
    const state = await this.#host.captureState();
    if (this.#isFirstRank) await this.#writeAt(path, state, target);
    return path;
  }

  /** Waits for the save in flight, and does about its failure what `onSaveError` says. */
  async settle(onSaveError = this.#settings.onSaveError): Promise<void> {
    await this.#inFlight;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined && onSaveError === "stop") throw failure;
  }

  async close(): Promise<void> {
    try {
      await this.settle();
    } finally {
      await this.#saver?.close();
      await this.#lock?.release();
      forgetRecycledArrays();
    }
  }

  get #isFirstRank(): boolean {
    return this.#host.processGroup.rank === 0;
  }

  async #find(resume: string): Promise<{ readonly path: string; readonly content: CheckpointContent } | undefined> {
    const { storage } = this.#settings;
    if (resume !== "auto" && resume !== "must") {
      const path = await standingPath(storage, resume);
      if (!(await isCheckpoint(storage, path)))
        throw noCheckpoint(
          `"${resume}" is no checkpoint.`,
          "Give the path of a file or folder that save() wrote. Weights alone are for loadModel().",
        );
      return { path, content: unpackCheckpoint(await readCheckpoint(storage, path)) };
    }
    const found = await this.#folder!.newest((sentence) => this.#host.logger.warning(sentence));
    if (found !== undefined) return { path: found.path, content: unpackCheckpoint(found.packed) };
    if (resume === "must")
      throw noCheckpoint(
        `There is no whole checkpoint in "${this.#folder!.path}".`,
        'Check outputDir, runName and stateManager.directory, or start anew with resume: "auto".',
      );
    return undefined;
  }

  /** Gives what rank 0 has read to all ranks. */
  async #take(
    found: { readonly path: string; readonly content: CheckpointContent } | undefined,
    change: (state: StateRecord) => Promise<StateRecord> = (state) => Promise.resolve(state),
  ): Promise<StateRecord | undefined> {
    const { processGroup, logger, progress } = this.#host;
    const state = await processGroup.broadcast<StateTree>(found?.content.state ?? null);
    if (state === null) return undefined;
    await this.#host.applyState(await change(state as StateRecord));
    logger.info(`Checkpoint loaded: ${found?.path ?? ""}`);
    logger.info(`Resumed from global_epoch: ${progress.globalEpoch}, global_step: ${progress.step}`);
    return state as StateRecord;
  }

  #sayIfFinished({ fits }: StateRecord): void {
    const last = (fits as readonly { readonly finished: { readonly reason: string } | null }[] | undefined)?.at(-1);
    if (last?.finished)
      this.#host.logger.info(
        `This run is finished so far (${last.finished.reason}). For a new one give another runName, or stateManager: { resume: "never" }.`,
      );
  }

  async #saveIfAny(kind: SavePointKind, isDue: boolean): Promise<void> {
    await this.#inFlight; // names and best values go by what it has written
    const { progress, processGroup } = this.#host;
    const bestModelState = this.#host.bestModelState();
    const newBest = bestModelState === this.#seenBest && !this.#isBestUnsaved ? undefined : bestModelState;
    const targets = this.#plan.targets({ kind, progress, newBest, validated: this.#validated, entries: this.entries }, isDue);
    this.#seenBest = bestModelState;
    this.#isBestUnsaved = false;
    this.#validated = undefined;
    // Only rank 0 knows the folder; all take part in the capture.
    const isLast = kind === "fitEnd" || kind === "stop";
    if (await processGroup.broadcast(targets.length > 0))
      await (isLast ? this.#saveForGood(targets, kind === "fitEnd") : this.#save(targets));
    if (isLast) await this.settle();
  }

  /** Saves, and once more in this thread where the one that writes has died: there may be no next save. Collective. */
  async #saveForGood(targets: readonly SaveTarget[], isQuiet = false): Promise<void> {
    await this.#save(targets, isQuiet);
    await this.#inFlight;
    const hasThreadDied = (this.#failure as Partial<SnapfitError> | undefined)?.code === "SAVE_FAILED";
    if (!(await this.#host.processGroup.broadcast(hasThreadDied))) return;
    this.#failure = undefined;
    this.#isBestUnsaved = false;
    await this.#save(targets);
  }

  /** Copies the state, and leaves the rest to the saver. One save at a time. */
  async #save(targets: readonly SaveTarget[], isQuiet = false): Promise<void> {
    await this.#inFlight;
    this.#plan.restartClock();
    const state = await this.#host.captureState();
    if (!this.#isFirstRank) return;
    const packed = ownArrays(packCheckpoint({ ...this.#host.describe(), state }));
    this.#inFlight = this.#write({ packed, targets }, isQuiet);
    if (!this.#settings.async) await this.#inFlight;
  }

  /** Never rejects: a failure is kept for the next step. */
  async #write(job: SaveJob, isQuiet: boolean): Promise<void> {
    const { logger } = this.#host;
    try {
      await this.#lock!.check();
      const { written } = await this.#saver!.save(job);
      const [first, ...others] = [...written].reverse();
      if (!isQuiet) logger.info(`Checkpoint saved: ${this.pathOf(first!)}${others.length > 0 ? ` (also ${others.join(", ")})` : ""}`);
    } catch (error) {
      this.#failure = error as Error;
      const isThere = ({ info }: SaveTarget): boolean =>
        this.entries.some(({ kind, savedAt }) => kind === "best" && savedAt === info.savedAt);
      this.#isBestUnsaved = job.targets.some((target) => target.name === this.#settings.names.best && !isThere(target));
      if (this.#settings.onSaveError === "continue")
        logger.warning(`Checkpoint not saved: ${(error as Error).message} Training goes on; the next save is tried again.`);
    }
  }

  async #writeAt(path: string, state: StateRecord, { info }: SaveTarget): Promise<void> {
    const { storage, format } = this.#settings;
    const packed = packCheckpoint({ ...this.#host.describe(), state });
    checkFinite(packed.arrays);
    await writeAtomically(storage, path, (temporary) =>
      writeCheckpoint(storage, temporary, path.endsWith(".ckpt") ? "ckpt" : format, packed, { ...info, serial: 0 }, hashState(packed)),
    );
    this.#host.logger.info(`Checkpoint saved: ${path}`);
  }
}

function noCheckpoint(what: string, advice: string): SnapfitError {
  return stateManagerError("NO_CHECKPOINT", `${what} ${advice}`);
}
