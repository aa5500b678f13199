import * as tf from "@tensorflow/tfjs";
import { isPromise } from "./awaitable.js";
import { differentiatedLoss } from "./differentiated-loss.js";
import { gradientsOf, type Gradients } from "./gradients.js";
import { callHook } from "./hooks.js";
import { readIfOnHost } from "./pending-scalars.js";
import { prepareBatch, type PreparedBatch } from "./prepare-batch.js";
import { batchOutputs, hostOutputsOf, keepResult, nextTensorId, type KeptResult } from "./read-step-result.js";
import type { Session } from "./session.js";
import { StepPass } from "./step-pass.js";
import { runSection } from "./sync-section.js";
import type { Window } from "./window.js";

/** Gradients of a window for the active optimizer: the default of `computeGradients`. Undefined if no rank has a loss. */
export async function computeWindowGradients(session: Session, window: Window): Promise<Gradients | undefined> {
  const { group, activeSlot: slot } = session;
  const pass = (session.pass = new StepPass(window.batches.length));
  for (const gradient of session.accumulated.values()) gradient.dispose();
  session.accumulated.clear();
  const parameters = (session.activeParameters = slot?.parametersOf(session.model.parameters()));
  for (let i = 0; i < window.batches.length; i++) await runBatch(session, window, i, parameters);
  const hasLoss = group.size === 1 ? pass.hasLoss : (await group.allGather(pass.hasLoss)).includes(true);
  if (parameters === undefined || !hasLoss) return undefined;
  zerosForMissing(session, parameters);
  const gradients = group.size === 1 ? session.accumulated : inOrderOf(parameters, session.accumulated);
  session.accumulated = new Map();
  session.own(gradients.values());
  return gradients;
}

/** The same gradients in the order of the parameters: ranks vote and sum over them in one order, whichever batch brought them. */
function inOrderOf(parameters: ReadonlyMap<string, tf.Variable>, gradients: Gradients): Map<string, tf.Tensor> {
  const ordered = new Map<string, tf.Tensor>();
  for (const path of parameters.keys()) {
    const gradient = gradients.get(path);
    if (gradient !== undefined) ordered.set(path, gradient);
  }
  return ordered;
}

/** Every parameter has a gradient up to `clipGradients`: zeros where this rank has none. */
function zerosForMissing(session: Session, parameters: ReadonlyMap<string, tf.Variable>): void {
  const { accumulated, trainer } = session;
  if (accumulated.size === parameters.size) return;
  const missing = [...parameters].filter(([path]) => !accumulated.has(path));
  const zeros = new Map(missing.map(([path, variable]) => [path, tf.zeros(variable.shape)]));
  session.own(zeros.values());
  trainer.accumulateGradients(zeros);
}

/** One batch of a window: transfer, hooks, the user's step and its gradients. */
async function runBatch(
  session: Session,
  window: Window,
  i: number,
  parameters: ReadonlyMap<string, tf.Variable> | undefined,
): Promise<void> {
  const { trainer, pass, optimizers } = session;
  const index = window.firstIndex + i;
  const weight = window.weights[i]!;
  session.stepWeight = weight;
  const section = session.section(
    optimizers.length < 2 ? "step" : `step of ${session.activeSlot!.name}`,
    i,
    window.firstSamples[i]!,
    window.sizes[i]!,
  );
  const shared = sharedBatch(session, window, i);
  const prepared = shared ?? prepareBatch(session, window.batches[i], section);
  if (shared === undefined) {
    if (optimizers.length > 1) shareBatch(window, i, prepared);
    const done = callHook(session, "onTrainBatchStart", prepared.batch, index);
    if (isPromise(done)) await done;
  }
  session.lossScale = window.totalWeight === 0 ? 0 : weight / window.totalWeight;
  const { result, gradients } = runSection(section, () => userStep(session, prepared.batch, index, parameters));
  if (gradients !== undefined) {
    pass.hasLoss = true;
    for (const [path, gradient] of gradients) {
      session.ownOne(gradient);
      pass.present.add(path);
    }
    trainer.accumulateGradients(gradients);
  }
  const outputs = result.outputs === undefined ? undefined : await hostOutputsOf(result);
  const isLast = optimizers.length < 2 || session.activeSlot === optimizers.at(-1);
  if (isLast) {
    const done = callHook(session, "onTrainBatchEnd", batchOutputs(result, outputs), prepared.batch, index);
    if (isPromise(done)) await done;
  }
  if (outputs !== undefined) pass.outputs.push(outputs);
  takeScalars(session, result, weight, index);
  if (optimizers.length < 2) for (const tensor of prepared.made) tensor.dispose(); // several may ask for the batch again
}

/** Names the loss of one of several optimizers after it, and reads what is in host memory already. */
function takeScalars({ pass, activeSlot, optimizers, stepMeans }: Session, { scalars }: KeptResult, weight: number, index: number): void {
  for (const name in scalars) {
    const ownName = name === "loss" && optimizers.length > 1 ? `${activeSlot!.name}_loss` : name;
    const value = readIfOnHost(scalars[name]!);
    pass.scalars.push({ name: ownName, value, weight, into: stepMeans });
    if (name === "loss" && typeof value === "number" && !Number.isFinite(value)) pass.badLoss ??= { name: ownName, value, index };
  }
}

const sharedBatches = new WeakMap<Window, PreparedBatch[]>();

/** Of several optimizers the first one's batches serve all: transfer and hooks happen once. */
function sharedBatch({ optimizers, activeSlot }: Session, window: Window, i: number): PreparedBatch | undefined {
  return optimizers.length > 1 && activeSlot !== optimizers[0] ? sharedBatches.get(window)?.[i] : undefined;
}

function shareBatch(window: Window, i: number, prepared: PreparedBatch): void {
  const shared = sharedBatches.get(window) ?? [];
  shared[i] = prepared;
  sharedBatches.set(window, shared);
}

interface UserStep {
  readonly result: KeptResult;
  readonly gradients: Map<string, tf.Tensor> | undefined;
}

/** The synchronous part: forward and backward pass. */
function userStep(session: Session, batch: unknown, index: number, parameters: ReadonlyMap<string, tf.Variable> | undefined): UserStep {
  const { trainer, model } = session;
  let result: KeptResult | undefined;
  const forward = (): tf.Scalar | undefined => {
    const before = nextTensorId();
    const returned = trainer.computeLoss(batch, index);
    result = keepResult(session, returned, "trainingStep", before);
    if (returned.loss === undefined) return undefined;
    const regularization = model.regularization();
    if (regularization !== undefined) {
      const kept = tf.keep(regularization.clone());
      session.ownOne(kept);
      result.scalars["regularization"] = kept;
    }
    return differentiatedLoss(trainer, returned.loss, regularization, before);
  };
  if (parameters === undefined) {
    tf.tidy(() => void forward());
    return { result: result!, gradients: undefined };
  }
  let hasLoss = true;
  const gradients = gradientsOf(() => {
    const scaled = forward();
    hasLoss = scaled !== undefined;
    return scaled ?? tf.scalar(0);
  }, parameters);
  return { result: result!, gradients: hasLoss ? gradients : undefined };
}

/** Adds gradients to those of the window so far: the default of `accumulateGradients`. Takes them over. */
export function accumulate({ accumulated }: Session, gradients: Gradients): void {
  for (const [path, gradient] of gradients) {
    const sum = accumulated.get(path);
    if (sum === undefined) accumulated.set(path, gradient);
    else {
      accumulated.set(path, tf.add(sum, gradient));
      sum.dispose();
      gradient.dispose();
    }
  }
}
