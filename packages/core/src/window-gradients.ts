import * as tf from "@tensorflow/tfjs";
import { isPromise, type Awaitable } from "./awaitable.js";
import { tensorsIn } from "./batch.js";
import { gradientsOf, type Gradients } from "./gradients.js";
import { callHook } from "./hooks.js";
import { readIfOnHost } from "./pending-scalars.js";
import { batchOutputs, hostOutputsOf, keepResult, nextTensorId, type KeptResult } from "./read-step-result.js";
import type { Session } from "./session.js";
import { StepPass } from "./step-pass.js";
import { runSection } from "./sync-section.js";
import type { Window } from "./window.js";

/** Gradients of a window for the active optimizer: the default of `computeGradients`. Undefined if no rank has a loss. */
export async function computeWindowGradients(session: Session, window: Window): Promise<Gradients | undefined> {
  const { group, activeSlot: slot } = session;
  for (const { value } of session.pass.scalars) if (value instanceof tf.Tensor) session.own([value]);
  const pass = (session.pass = new StepPass());
  for (const gradient of session.accumulated.values()) gradient.dispose();
  session.accumulated.clear();
  const parameters = slot?.parametersOf(session.model.parameters());
  for (let i = 0; i < window.batches.length; i++) await runBatch(session, window, i, parameters);
  const hasLoss = group.size === 1 ? pass.hasLoss : (await group.allGather(pass.hasLoss)).includes(true);
  if (parameters === undefined || !hasLoss) return undefined;
  await zerosForMissing(session, parameters);
  const gradients = session.accumulated;
  session.accumulated = new Map();
  session.own(gradients.values());
  return gradients;
}

/** Every parameter has a gradient up to `clipGradients`: zeros where this rank has none. */
async function zerosForMissing({ accumulated, trainer }: Session, parameters: ReadonlyMap<string, tf.Variable>): Promise<void> {
  const missing = [...parameters].filter(([path]) => !accumulated.has(path));
  if (missing.length > 0) await trainer.accumulateGradients(new Map(missing.map(([path, variable]) => [path, tf.zeros(variable.shape)])));
}

/** One batch of a window: transfer, hooks, the user's step and its gradients. */
async function runBatch(session: Session, window: Window, i: number, parameters: ReadonlyMap<string, tf.Variable> | undefined): Promise<void> {
  const { trainer, pass } = session;
  const index = window.firstIndex + i;
  const prepared = await prepareBatch(session, window, i, index);
  session.stepWeight = window.weights[i]!;
  session.lossScale = window.weights[i]! / window.totalWeight;
  const section = session.section(i, window.firstSamples[i]!, window.sizes[i]!);
  const { result, gradients } = runSection(section, () => userStep(session, prepared.batch, index, parameters));
  session.own(tensorsIn(result));
  if (gradients !== undefined) {
    pass.hasLoss = true;
    for (const path of gradients.keys()) pass.present.add(path);
    const done = trainer.accumulateGradients(gradients);
    if (isPromise(done)) await done;
  }
  const outputs = result.outputs === undefined ? undefined : await hostOutputsOf(result);
  const isLast = session.optimizers.length < 2 || session.activeSlot === session.optimizers.at(-1);
  if (isLast) {
    const done = callHook(session, "onTrainBatchEnd", batchOutputs(result, outputs), prepared.batch, index);
    if (isPromise(done)) await done;
  }
  if (outputs !== undefined) pass.outputs.push(outputs);
  takeScalars(session, result, window.weights[i]!);
  if (isLast) releaseBatch(prepared);
}

/** Names the loss of one of several optimizers after it, and reads what is in host memory already. */
function takeScalars({ pass, activeSlot, optimizers }: Session, { scalars }: KeptResult, weight: number): void {
  for (const name in scalars) {
    const ownName = name === "loss" && optimizers.length > 1 ? `${activeSlot!.name}_loss` : name;
    pass.scalars.push({ name: ownName, value: readIfOnHost(scalars[name]!), weight });
  }
}

interface PreparedBatch {
  readonly batch: unknown;
  /** Tensors that `transferBatch` and `transformBatch` made. */
  readonly made: readonly tf.Tensor[];
}

const preparedBatches = new WeakMap<Window, (PreparedBatch | undefined)[]>();

/** Transfer and start hook happen once for a batch, also where several optimizers use it; they repeat when a wrapper repeats the step. */
async function prepareBatch(session: Session, window: Window, i: number, index: number): Promise<PreparedBatch> {
  const { trainer, optimizers, activeSlot } = session;
  const isShared = optimizers.length > 1;
  const shared = preparedBatches.get(window) ?? [];
  if (isShared && activeSlot !== optimizers[0] && shared[i] !== undefined) return shared[i];
  const batch = window.batches[i];
  const transferred = await own(session, batch, trainer.transferBatch(batch));
  const transformed = await own(session, batch, trainer.transformBatch(transferred));
  const yielded = new Set(tensorsIn(batch));
  const prepared = { batch: transformed, made: [...tensorsIn(transferred), ...tensorsIn(transformed)].filter((tensor) => !yielded.has(tensor)) };
  if (isShared) {
    shared[i] = prepared;
    preparedBatches.set(window, shared);
  }
  const done = callHook(session, "onTrainBatchStart", transformed, index);
  if (isPromise(done)) await done;
  return prepared;
}

/** Awaits a batch if needed; its tensors that are not the loader's are the loop's from then on. */
async function own(session: Session, batch: unknown, result: Awaitable<unknown>): Promise<unknown> {
  const made = isPromise(result) ? await result : result;
  if (made === batch) return made;
  const yielded = new Set(tensorsIn(batch));
  session.own(tensorsIn(made).filter((tensor) => !yielded.has(tensor)));
  return made;
}

function releaseBatch({ made }: PreparedBatch): void {
  for (const tensor of made) if (!tensor.isDisposed) tensor.dispose();
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
    result = keepResult(returned, "trainingStep", before);
    if (returned.loss === undefined) return undefined;
    const regularization = model.regularization();
    if (regularization !== undefined) result.scalars["regularization"] = tf.keep(regularization.clone());
    const loss = trainer.scaleLoss(regularization === undefined ? returned.loss : tf.add(returned.loss, regularization));
    return loss.rank === 0 ? (loss as tf.Scalar) : tf.reshape(loss, []);
  };
  if (parameters === undefined) {
    forward();
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

