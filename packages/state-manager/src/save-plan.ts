import type { BestModelState, Progress, SavePointKind } from "@snapfit/core";
import type { SaveTarget } from "./checkpoint-folder.js";
import type { CheckpointKind } from "./checkpoint.js";
import type { CheckpointEntry } from "./manifest.js";
import type { ResolvedSettings } from "./state-manager-options.js";

/** A monitored value and the step of its validation. */
export interface ValidationValue {
  readonly monitor: string;
  readonly value: number;
  readonly step: number;
}

/** What a save point is judged by. */
export interface SavePoint {
  readonly kind: SavePointKind;
  readonly progress: Progress;
  /** The trainer's best state, if it has changed since the last save. */
  readonly newBest: BestModelState | undefined;
  /** The validation of this step, if there was one. */
  readonly validated: ValidationValue | undefined;
  readonly entries: readonly CheckpointEntry[];
}

/** Decides when a checkpoint is due, and how it is called. */
export class SavePlan {
  readonly #settings: ResolvedSettings;
  #savedAtMs = performance.now();

  constructor(settings: ResolvedSettings) {
    this.#settings = settings;
  }

  /** Whether so much time has gone by since the last save that one is due. By a clock that never goes back. */
  isTimeDue(): boolean {
    const { everyMinutes } = this.#settings;
    return everyMinutes > 0 && performance.now() - this.#savedAtMs >= everyMinutes * 60_000;
  }

  /** A save has begun. */
  restartClock(): void {
    this.#savedAtMs = performance.now();
  }

  /** Whether a checkpoint by epoch or step is due. */
  isDue(kind: SavePointKind, { globalEpoch, step }: Progress): boolean {
    const { everyEpochs, everySteps } = this.#settings;
    if (kind === "epoch") return everyEpochs > 0 && globalEpoch % everyEpochs === 0;
    if (kind === "step") return everySteps > 0 && step % everySteps === 0;
    return true;
  }

  /** The checkpoints to write. The best stands first: whatever a crash leaves of them, the newest knows no better state than is there. */
  targets(point: SavePoint, isDue: boolean): SaveTarget[] {
    const best = this.#bestTarget(point);
    return [...(best ? [best] : []), ...(isDue ? [this.#ownTarget(point)] : [])];
  }

  /** A checkpoint that was asked for. */
  manualTarget(progress: Progress): SaveTarget {
    return { name: this.#stepName(progress.step), info: info("manual", progress) };
  }

  #ownTarget({ kind, progress }: SavePoint): SaveTarget {
    if (kind === "step" || kind === "stop") return { name: this.#stepName(progress.step), info: info("step", progress) };
    return { name: filled(this.#settings.names.epoch, progress.globalEpoch, progress.step), info: info("epoch", progress) };
  }

  #bestTarget({ progress, newBest, validated, entries }: SavePoint): SaveTarget | undefined {
    const { names, best } = this.#settings;
    if (best.keep === 0) return undefined;
    const others = entries.filter(({ kind }) => kind === "best");
    const nameAt = (step: number): string => `${names.best}_step_${step}`;
    if (newBest !== undefined) {
      const former = best.keep > 1 ? others.find(({ name }) => name.replace(/\.ckpt$/, "") === names.best) : undefined;
      return {
        name: names.best,
        ...(former && { formerName: nameAt(former.step) }),
        info: { ...info("best", progress), monitor: newBest.monitor, value: newBest.value },
      };
    }
    if (best.keep === 1 || validated === undefined || validated.step !== progress.step || !Number.isFinite(validated.value))
      return undefined;
    const sign = best.mode === "max" ? -1 : 1;
    const isAmong = others.length < best.keep || others.some(({ value }) => sign * (validated.value - value!) < 0);
    return isAmong
      ? { name: nameAt(progress.step), info: { ...info("best", progress), monitor: validated.monitor, value: validated.value } }
      : undefined;
  }

  #stepName(step: number): string {
    return filled(this.#settings.names.step, 0, step);
  }
}

function info(kind: CheckpointKind, { globalEpoch, step }: Progress): SaveTarget["info"] {
  return { kind, epoch: globalEpoch, step, savedAt: new Date().toISOString() };
}

function filled(pattern: string, epoch: number, step: number): string {
  return pattern.replaceAll("{epoch}", String(epoch)).replaceAll("{step}", String(step));
}
