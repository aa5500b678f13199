import * as tf from "@tensorflow/tfjs";
import { isPromise } from "./awaitable.js";
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
  zerosForMissing(session, parameters);
  const gradients = session.accumulated;
  session.accumulated = new Map();
  session.own(gradients.values());
  return gradients;
}

/** Every parameter has a gradient up to `clipGradients`: zeros where this rank has none. */
function zerosForMissing({ accumulated, trainer }: Session, parameters: ReadonlyMap<string, tf.Variable>): void {
  if (accumulated.size === parameters.size) return;
  const missing = [...parameters].filter(([path]) => !accumulated.has(path));
  trainer.accumulateGradients(new Map(missing.map(([path, variable]) => [path, tf.zeros(variable.shape)])));
}

/** One batch of a window: transfer, hooks, the user's step and its gradients. */
async function runBatch(session: Session, window: Window, i: number, parameters: ReadonlyMap<string, tf.Variable> | undefined): Promise<void> {
  const { trainer, pass, optimizers } = session;
  const index = window.firstIndex + i;
  const prepared = sharedBatch(session, window, i) ?? (await prepareBatch(session, window, i, index));
  const weight = window.weights[i]!;
  session.stepWeight = weight;
  session.lossScale = weight / window.totalWeight;
  const section = session.section(i, window.firstSamples[i]!, window.sizes[i]!);
  const { result, gradients } = runSection(section, () => userStep(session, prepared.batch, index, parameters));
  ownResult(session, result);
  if (gradients !== undefined) {
    session.own(gradients.values());
    pass.hasLoss = true;
    for (const path of gradients.keys()) pass.present.add(path);
    trainer.accumulateGradients(gradients);
  }
  const outputs = result.outputs === undefined ? undefined : await hostOutputsOf(result);
  const isLast = optimizers.length < 2 || session.activeSlot === optimizers.at(-1);
  if (isLast) {
    const done = callHook(session, "onTrainBatchEnd", batchOutputs(result, outputs), prepared.batch, index);
    if (isPromise(done)) await done;
  }
  if (outputs !== undefined) pass.outputs.push(outputs);
  takeScalars(session, result, weight);
  if (isLast) for (const tensor of prepared.made) tensor.dispose();
}

function ownResult(session: Session, { scalars, outputs }: KeptResult): void {
  for (const name in scalars) {
    const value = scalars[name]!;
    if (typeof value !== "number") session.own([value]);
  }
  if (outputs !== undefined) session.own(Object.values(outputs));
}

/** Names the loss of one of several optimizers after it, and reads what is in host memory already. */
function takeScalars({ pass, activeSlot, optimizers, stepMeans }: Session, { scalars }: KeptResult, weight: number): void {
  for (const name in scalars) {
    const ownName = name === "loss" && optimizers.length > 1 ? `${activeSlot!.name}_loss` : name;
    pass.scalars.push({ name: ownName, value: readIfOnHost(scalars[name]!), weight, into: stepMeans });
  }
}

interface PreparedBatch {
  readonly batch: unknown;
  /** Tensors that `transferBatch` and `transformBatch` made. */
  readonly made: readonly tf.Tensor[];
}

const sharedBatches = new WeakMap<Window, PreparedBatch[]>();

/** Of several optimizers the first one's batches serve all: transfer and hooks happen once. */
function sharedBatch({ optimizers, activeSlot }: Session, window: Window, i: number): PreparedBatch | undefined {
  return optimizers.length > 1 && activeSlot !== optimizers[0] ? sharedBatches.get(window)?.[i] : undefined;
}

async function prepareBatch(session: Session, window: Window, i: number, index: number): Promise<PreparedBatch> {
  const { trainer } = session;
  const batch = window.batches[i];
  const yielded = tensorsIn(batch);
  const transferred = trainer.transferBatch(batch);
  const made = transferred === batch ? [] : without(tensorsIn(transferred), yielded);
  session.own(made);
  const transformed = trainer.transformBatch(transferred);
  if (transformed !== transferred) {
    const further = without(tensorsIn(transformed), yielded);
    session.own(further);
    made.push(...further);
  }
  const prepared = { batch: transformed, made };
  if (session.optimizers.length > 1) sharedBatches.set(window, [...(sharedBatches.get(window) ?? []), prepared]);
  const done = callHook(session, "onTrainBatchStart", transformed, index);
  if (isPromise(done)) await done;
  return prepared;
}

/** Tensors that are the loop's: those that the loader yielded are not. */
function without(tensors: tf.Tensor[], yielded: readonly tf.Tensor[]): tf.Tensor[] {
  return yielded.length === 0 ? tensors : tensors.filter((tensor) => !yielded.includes(tensor));
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

