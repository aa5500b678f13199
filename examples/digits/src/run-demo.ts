import { DiskStorage } from "@snapfit/base/node";
import { loader } from "@snapfit/data";
import { FileLogger } from "@snapfit/file-logger";
import { NeptuneLogger } from "@snapfit/neptune";
import { StateManager } from "@snapfit/state-manager";
import { TensorBoardLogger } from "@snapfit/tensorboard";
import { WandBLogger } from "@snapfit/wandb";
import type { DemoOptions } from "./demo-options.js";
import { loadDigits, type DigitSet } from "./digit-data.js";
import { bestModelHere, digitModels } from "./digit-models.js";
import { DigitTrainer } from "./digit-trainer.js";
import type { Interruption } from "./interruption.js";
import { moveAside, runName } from "./run-name.js";

const DemoTrainer = DigitTrainer.addOn(StateManager, FileLogger, TensorBoardLogger, WandBLogger, NeptuneLogger);

/** Gets the digits, trains, tests the best weights, writes the results, and says all of it. */
export async function runDemo(options: DemoOptions, interruption: Interruption): Promise<void> {
  const { seed, device, quiet, fast, fresh, wandb, neptune } = options;
  if (fresh) await moveAside(runName(options));
  await using trainer = new DemoTrainer({
    model: () => digitModels[options.model ?? bestModelHere()](),
    seed,
    device,
    quiet,
    runName: runName(options),
    stateManager: { keep: 2 },
    wandb: wandb ? {} : { mode: "disabled" },
    neptune: neptune ? {} : { mode: "debug" },
    signals: false,
  });
  interruption.now("preparing the digits");
  const digits = await loadDigits(options, (line) => trainer.logger.info(line));
  interruption.now("preparing the device");
  trainer.logger.info(await trainer.summary());

  // The device is chosen by now, and with it the model.
  const model = options.model ?? bestModelHere();
  const epochs = options.epochs ?? (model === "cnn" ? 8 : 20);
  const limits = fast ? { limitTrainBatches: 20, limitValidationBatches: 2 } : {};
  const { reason, interrupted } = await trainer.fit({
    train: loader(digits.train, { batchSize: 64, shuffle: true, seed }),
    validation: loader(digits.validation, { batchSize: 500 }),
    epochs,
    ...limits,
    signal: interruption.nowFitting(),
  });
  if (interrupted) return trainer.logger.info("The same command goes on from here.");
  interruption.now("testing");
  await report(trainer, digits.test, {
    model,
    seed,
    reason,
    epochs: trainer.progress.epoch,
    steps: trainer.progress.step,
  });
}

/** Tests the best weights; writes and prints the results. */
async function report(
  trainer: InstanceType<typeof DemoTrainer>,
  test: DigitSet,
  run: Readonly<Record<string, string | number>>,
): Promise<void> {
  await trainer.useBest();
  const { epoch, value: validationAccuracy } = trainer.bestModelState!;
  const { acc, loss } = await trainer.test(loader(test, { batchSize: 500 }));
  const accuracyByDigit = Object.fromEntries(trainer.classResults.map(({ name, accuracy }) => [name, accuracy]));
  const folder = await trainer.saveResults(new DiskStorage(), {
    validation: { accuracy: validationAccuracy, epoch },
    test: { accuracy: acc!, loss: loss!, accuracyByDigit },
    run,
  });
  await trainer.stateManager.saveModel(`${folder}/model.safetensors`);
  const mistakes = trainer.worstMistakes(3).map(({ label, prediction, count }) => `${label} for ${prediction} (${count}x)`);
  console.log(`Accuracy: ${percent(validationAccuracy)} in validation (best, epoch ${epoch}), ${percent(acc!)} on the test digits.`);
  trainer.logger.info(`Mistaken most often: ${mistakes.join(", ") || "none"}.`);
  console.log(`Results: ${folder} (history.json, metrics.json, model.safetensors)`);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
