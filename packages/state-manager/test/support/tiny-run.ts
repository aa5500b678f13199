import type { SnapfitError, Storage } from "@snapfit/base";
import { seededClasses, tinyLoader, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { hashState, packCheckpoint } from "../../src/checkpoint.js";
import { StateManager, type SavedCheckpoint, type StateManagerSettings } from "../../src/index.js";

const Resumable = TinyTrainer.addOn(StateManager);

/** Where the tiny run has its checkpoints. */
export const FOLDER = "runs/tiny/checkpoints";

/** A line of a run that promises a checkpoint. */
interface Announcement {
  readonly path: string;
  readonly step: number;
  /** What `countCalls` said when the line was printed. */
  readonly numCalls: number;
}

/** What a run has done until it ended or failed. */
export interface TinyRun {
  /** What `ready()`, `fit()` or `close()` threw first. */
  readonly error: SnapfitError | undefined;
  readonly lines: readonly string[];
  readonly announced: readonly Announcement[];
  /** The step that it went on from; 0 if from the beginning. */
  readonly resumedAt: number;
  readonly checkpoints: readonly SavedCheckpoint[];
  /** Of the state at the end, saved or not. */
  readonly hash: string | undefined;
  /** What `countCalls` said before the first step, and after the last save. */
  readonly saving: { readonly first: number; readonly last: number };
}

export interface TinyRunOptions {
  readonly countCalls?: () => number;
  /** Called after every optimizer step. */
  readonly onStep?: (step: number) => Promise<void> | void;
}

/** 3 epochs of 3 steps that save by step and by epoch, write names anew, prune, and keep 2 best ones. Writes within the calling thread. */
export async function tinyRun(
  storage: Storage,
  settings: StateManagerSettings = {},
  { countCalls = () => 0, onStep }: TinyRunOptions = {},
): Promise<TinyRun> {
  const lines: string[] = [];
  const announced: Announcement[] = [];
  const say = (line: string): void => {
    lines.push(line);
    const [, path] = /^Checkpoint saved: (.*)$/.exec(line) ?? [];
    if (path !== undefined) announced.push({ path, step: trainer.progress.step, numCalls: countCalls() });
  };
  class Run extends Resumable {
    protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
      await super.onOptimizerStep(step);
      await onStep?.(this.progress.step);
    }
  }
  const trainer = new Run({
    ...tinyOptions({ quiet: false, logger: { debug: say, info: say, warning: say, error: say } }),
    runName: "tiny",
    stateManager: { storage, async: false, everySteps: 2, keep: 2, best: { keep: 2 }, onSaveError: "stop", ...settings },
  });
  let error: SnapfitError | undefined;
  let resumedAt = 0;
  let checkpoints: readonly SavedCheckpoint[] = [];
  let hash: string | undefined;
  const saving = { first: 0, last: 0 };
  try {
    await trainer.ready();
    resumedAt = trainer.progress.step;
    saving.first = countCalls();
    await trainer.fit({
      train: tinyLoader(seededClasses({ numSamples: 12 }), { shuffle: true }),
      validation: tinyLoader(seededClasses({ numSamples: 6, seed: 2 })),
      epochs: 3,
    });
    saving.last = countCalls();
    checkpoints = trainer.stateManager.list();
    hash = hashState(packCheckpoint({ state: await trainer.captureState(), config: {}, topology: undefined }));
  } catch (caught) {
    error = caught as SnapfitError;
  }
  await trainer.close().catch((caught: SnapfitError) => (error ??= caught));
  return { error, lines, announced, resumedAt, checkpoints, hash, saving };
}
