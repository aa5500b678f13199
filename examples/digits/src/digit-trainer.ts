import type { StateTree, Storage } from "@snapfit/base";
import { ClassificationTrainer, type ClassificationOptions } from "@snapfit/classification";
import { EarlyStopper } from "@snapfit/core";
import { adamW, cosine, warmup } from "@snapfit/optim";

/** A classifier of digits. What differs from {@link ClassificationTrainer} is how it learns, when it stops, and what it leaves behind. */
export class DigitTrainer extends ClassificationTrainer {
  constructor(options: Omit<ClassificationOptions, "numClasses">) {
    super({
      numClasses: 10,
      optimizer: adamW({ learningRate: 2e-3, weightDecay: 0.05, noDecay: "biasAndNorm" }),
      schedule: warmup({ steps: 100 }, cosine({ minFactor: 0.01 })),
      ...options,
    });
  }

  protected override configureEarlyStoppers(): { readonly valid: EarlyStopper } {
    return { valid: new EarlyStopper({ monitor: "acc", patience: 4, minDelta: 5e-4 }) };
  }

  /** Writes `history.json` and `metrics.json` into the run's folder; returns its path. */
  async saveResults(storage: Storage, metrics: Readonly<Record<string, StateTree>>): Promise<string> {
    const folder = await this.runFolder(storage);
    const write = (name: string, text: string): Promise<void> => storage.write(`${folder}/${name}`, new TextEncoder().encode(`${text}\n`));
    await write("history.json", JSON.stringify(this.history, null, 2));
    await write("metrics.json", JSON.stringify(metrics, null, 2));
    return folder;
  }
}
