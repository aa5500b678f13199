import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { firstInput } from "../batch.js";
import type { Model } from "../model.js";
import { sessionOf } from "../session-of.js";
import type { StepResult } from "../step-result.js";
import { Trainer } from "../trainer.js";
import { checkBatch } from "./check-batch.js";
import type { CheckReport } from "./report.js";

/** Checks a trainer's own step, or a model by a step that stands in for one. */
export async function checkSubject(subject: Trainer | Model, batch: unknown): Promise<CheckReport> {
  if (!(subject instanceof Trainer)) {
    await using trainer = new ModelTrainer({ model: subject, quiet: true, seed: 0 });
    return await checkSubject(trainer, batch);
  }
  const session = sessionOf(subject);
  if (session.phase !== "idle")
    throw new SnapfitError("BUSY", "check() was called while the trainer works. A trainer does one thing at a time. Call it before fit().");
  await subject.ready();
  return checkBatch(session, batch);
}

class ModelTrainer extends Trainer {
  protected override trainingStep(batch: unknown): StepResult {
    const outputs = this.forward<tf.Tensor | tf.Tensor[]>(firstInput(batch));
    return { loss: tf.addN((Array.isArray(outputs) ? outputs : [outputs]).map((output) => tf.mean(tf.square(tf.sub(output, 1))))) };
  }
}
