import type { HostForm } from "./batch.js";
import type { CheckReport } from "./check/report.js";
import type { Model } from "./model.js";
import type { Trainer } from "./trainer.js";

/**
 * A dry run of one training step before training: layers that fail, operations without gradient on this device, parameters that get no gradient,
 * outputs that do not depend on the sample, values out of range, and the memory that batches take. Nothing is changed by it.
 * @param batch as the loader yields it; at least two samples tell most.
 * @throws SnapfitError `BUSY` while the trainer does something else
 */
export function check<Batch>(trainer: Trainer<Batch>, batch: HostForm<Batch>): Promise<CheckReport>;
/** The same for a model alone: its input is the first array of the batch, and its loss the mean squared distance of its outputs from 1. */
export function check(model: Model, batch: unknown): Promise<CheckReport>;
export async function check(subject: Trainer | Model, batch: unknown): Promise<CheckReport> {
  const { checkSubject } = await import("./training.js");
  return checkSubject(subject, batch);
}
