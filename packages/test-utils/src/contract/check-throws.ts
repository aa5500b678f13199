import type { EpochMetrics, EvaluationPhase, Weights } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import { tensorGrowth } from "../expect-no-tensor-leak.js";
import { firstDifferentPath } from "../expect-same-bits.js";
import type { TinyTrainer } from "../tiny-trainers.js";
import { wrapMethod } from "./contract-class.js";
import { messageOf, type Contract } from "./contract.js";
import { ProcessWatch } from "./process-watch.js";
import { contractData, prepare } from "./run.js";
import type { ContractHost } from "./settings.js";

/** Methods that set a trainer up: one that fails there can only be closed. */
const setUp = ["configureOptimizers", "configureEarlyStoppers", "configureMetrics", "setup", "restore"];
/** Methods called once in a short fit; the others fail at their second call, when something has been begun. */
const once = [
  ...setUp,
  "onFitStart",
  "onTrainEpochStart",
  "runEvaluation",
  "onValidationEpochStart",
  "onValidationEpochEnd",
  "modelStateForUse",
  "onTrainEpochEnd",
  "onFitEnd",
  "saveState",
  "loadState",
];
const often = [
  "batchWeight",
  "runStep",
  "computeGradients",
  "transferBatch",
  "transformBatch",
  "onTrainBatchStart",
  "computeLoss",
  "scaleLoss",
  "accumulateGradients",
  "onTrainBatchEnd",
  "reduceGradients",
  "unscaleGradients",
  "clipGradients",
  "applyGradients",
  "onOptimizerStep",
  "onLog",
  "savePoint",
  "onValidationBatchStart",
  "computeOutputs",
  "validationStep",
  "onValidationBatchEnd",
];

/** The methods that are made to throw. */
export const throwingMethods: readonly string[] = [...once, ...often];

/** A throw in `method`, below the add-on as well as outside of it: the caller sees that error, everything is released, and the trainer can be used again. */
export async function checkThrow(contract: Contract, method: string): Promise<void> {
  for (const place of ["below", "outside of"] as const) {
    const before = tf.memory();
    const watch = new ProcessWatch();
    try {
      await throwIn(contract, method, place);
      const when = `after a throw in ${method}, ${place} it`;
      const leak = tensorGrowth(before, tf.memory());
      if (leak !== undefined)
        throw contract.fault(`leaves ${leak} behind ${when}, and close(). Release them in a finally block, or by this.defer().`);
      const [leftover] = await watch.leftovers();
      if (leftover !== undefined)
        throw contract.fault(`leaves ${leftover} behind ${when}, and close(). End it by this.defer() in setup().`);
    } finally {
      watch.stop();
    }
  }
}

async function throwIn(contract: Contract, method: string, place: "below" | "outside of"): Promise<void> {
  const error = new Error(`thrown in ${method} by the contract suite`);
  const made = contract.classOf(contract.self);
  const fuse = { isLit: true, hasBurnt: false, callsLeft: once.includes(method) ? 1 : 2 };
  const Class = place === "below" ? made.Class : (class extends made.Class {} as ContractHost);
  wrapMethod(
    (place === "below" ? made.Base : Class).prototype as object,
    method,
    (original) =>
      function (...args) {
        if (fuse.isLit && --fuse.callsLeft === 0) {
          fuse.hasBurnt = true;
          throw error;
        }
        return original.apply(this, args);
      },
  );
  const watched = watchWeights(Class);
  const { trainer, data, release } = prepare({ Class: watched.Class, companions: contract.self });
  const when = `thrown in ${method}, ${place} it`;
  try {
    const caught = await errorOf(async () => {
      await trainer.fit({ ...data, epochs: 1 });
      await trainer.applyState(await trainer.captureState());
    });
    fuse.isLit = false;
    if (!fuse.hasBurnt && caught === undefined) return; // an add-on that answers itself
    if (caught === undefined) throw contract.fault(`swallows an error ${when}. Errors go to the caller unchanged.`);
    if (caught.error !== error)
      throw contract.fault(`replaces an error ${when}, by "${messageOf(caught.error)}". Errors go to the caller unchanged.`, caught.error);
    if (trainer.phase !== "idle") throw contract.fault(`leaves the trainer in phase "${trainer.phase}" after an error ${when}.`);
    if (setUp.includes(method)) return;
    await checkWeights(contract, trainer, watched.rawWeights(), when);
    const again = await errorOf(async () => {
      await trainer.fit({ ...contractData(), epochs: 1 });
      await trainer.validate(data.validation);
    });
    if (again) throw contract.fault(`cannot be used again after an error ${when}: ${messageOf(again.error)}`, again.error);
  } finally {
    fuse.isLit = false;
    await release();
  }
}

/** Remembers the raw weights of each evaluation, outside of all add-ons. */
function watchWeights(Class: ContractHost): { readonly Class: ContractHost; readonly rawWeights: () => Weights | undefined } {
  let raw: Weights | undefined;
  class ContractTrainer extends Class {
    protected override async runEvaluation(phase: EvaluationPhase): Promise<EpochMetrics> {
      raw = await this.modelWeights();
      const metrics = await super.runEvaluation(phase);
      raw = undefined;
      return metrics;
    }
  }
  return { Class: ContractTrainer, rawWeights: () => raw };
}

async function checkWeights(contract: Contract, trainer: TinyTrainer, raw: Weights | undefined, when: string): Promise<void> {
  if (raw === undefined) return;
  const path = firstDifferentPath(await trainer.modelWeights(), raw);
  if (path !== undefined)
    throw contract.fault(
      `leaves other weights in the model after an error ${when}: they differ at ${path}. Swap them by this.withWeights(), which puts them back.`,
    );
}

async function errorOf(body: () => Promise<void>): Promise<{ readonly error: unknown } | undefined> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return { error };
  }
}
