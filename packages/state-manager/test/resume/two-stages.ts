// A script of two stages, as a user would write it, that may be killed at an event.
import { hostTensor } from "@snapfit/base";
import type { Logger } from "@snapfit/core";
import { arrays, loader } from "@snapfit/data";
import { adamW } from "@snapfit/optim";
import { seededClasses, tinyClassifier, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import type * as tf from "@tensorflow/tfjs";
import { StateManager } from "../../src/index.js";

class TwoStages extends TinyTrainer.addOn(StateManager) {
  events = 0;
  onEvent: (event: number) => void = () => undefined;
  protected override async onOptimizerStep(step: { readonly skipped: boolean }): Promise<void> {
    await super.onOptimizerStep(step);
    this.onEvent(++this.events);
  }
  protected override onValidationBatchEnd(): void {
    this.onEvent(++this.events);
  }
  protected override async onFitEnd(reason: string): Promise<void> {
    this.onEvent(++this.events);
    await super.onFitEnd(reason);
  }
}

/** How the script is run. */
export interface TwoStagesOptions {
  readonly outputDir: string;
  /** A file of weights that the script begins with. */
  readonly pretrained?: string;
  readonly onEvent?: (event: number) => void;
  /** Whether a thread writes the checkpoints. */
  readonly isAsync: boolean;
  readonly logger: Logger;
}

/** What the script has led to. */
export interface TwoStagesResult {
  readonly hash: string;
  readonly events: number;
  readonly step: number;
}

function samples(numSamples: number, seed: number) {
  const { x, y } = seededClasses({ numSamples, seed });
  return arrays({ x: hostTensor(x.data, [numSamples, x.shape[1]!]), y: y.data });
}

/** 3 epochs of 6 steps, and from the best weights 2 more with another loader. */
export async function runTwoStages({ outputDir, pretrained, onEvent, isAsync, logger }: TwoStagesOptions): Promise<TwoStagesResult> {
  const trainer = new TwoStages({
    ...tinyOptions({ model: () => tinyClassifier({ dropout: 0.2 }), optimizer: adamW({ learningRate: 0.05 }), quiet: false, logger }),
    outputDir,
    stateManager: { everySteps: 4, async: isAsync },
  });
  if (onEvent) trainer.onEvent = onEvent;
  const a = loader(samples(22, 1), { batchSize: 4, shuffle: true, seed: 1 });
  const b = loader(samples(30, 3), { batchSize: 5, shuffle: true, seed: 2 });
  const validation = loader(samples(9, 2), { batchSize: 4 });

  if (pretrained !== undefined) await trainer.stateManager.loadModel(pretrained);
  await trainer.fit({ train: a as never, validation: validation as never, epochs: 3 });
  await trainer.useBest();
  await trainer.fit({ train: b as never, validation: validation as never, epochs: 2 });

  const { hash } = trainer.stateManager.list().at(-1)!;
  const { events, progress } = trainer;
  await trainer.close();
  (trainer.model as tf.LayersModel).dispose();
  return { hash, events, step: progress.step };
}
