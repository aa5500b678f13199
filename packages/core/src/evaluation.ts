import { type HostOutputs, type HostTensor } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import type { BatchSource } from "./batch.js";
import type { EpochMetrics } from "./callbacks.js";
import { callHook } from "./hooks.js";
import { PhaseProgress } from "./phase-progress.js";
import { readIfOnHost } from "./pending-scalars.js";
import { prepareBatch } from "./prepare-batch.js";
import { batchOutputs, hostOutputsOf, keepResult, nextTensorId, type KeptResult } from "./read-step-result.js";
import type { Session } from "./session.js";
import { runSection } from "./sync-section.js";
import type { EvaluationPhase } from "./trainer-methods.js";
import { WeightedMeans } from "./weighted-means.js";
import { openPass } from "./window.js";

/** One pass over validation, test or prediction data: what `runEvaluation` works on. */
export interface Evaluation {
  readonly source: BatchSource<unknown>;
  readonly limit: number;
  /** Values of `trainer.log` within the pass. */
  readonly logged: WeightedMeans;
  /** Takes the outputs of each batch of a prediction; false ends the pass. */
  readonly emit: ((outputs: HostOutputs) => Promise<boolean>) | undefined;
  /** Whether an interruption has ended the pass early: its values mean nothing. */
  dropped: boolean;
}

/** Runs an evaluation through the trainer's method, so that add-ons can wrap it. Undefined if it was dropped. */
export async function evaluate(
  session: Session,
  phase: EvaluationPhase,
  given: Pick<Evaluation, "source"> & Partial<Pick<Evaluation, "limit" | "emit">>,
): Promise<{ readonly values: EpochMetrics; readonly logged: Readonly<Record<string, number>> } | undefined> {
  const outer = session.phase;
  const evaluation: Evaluation = {
    source: given.source,
    limit: given.limit ?? Infinity,
    emit: given.emit,
    logged: new WeightedMeans(),
    dropped: false,
  };
  session.evaluation = evaluation;
  session.phase = phase;
  try {
    const metrics = await session.trainer.runEvaluation(phase);
    await session.pending.resolve(); // what the last hook has logged
    return evaluation.dropped ? undefined : { values: metrics, logged: await evaluation.logged.meansOver(session.group) };
  } finally {
    session.evaluation = undefined;
    session.phase = outer;
    session.console.clearProgress();
    session.release();
  }
}

/** The default of `runEvaluation`. */
export async function evaluationPass(session: Session, phase: EvaluationPhase): Promise<EpochMetrics> {
  const { group, metrics, trainer, stops } = session;
  const evaluation = session.evaluation!;
  const hasHooks = phase !== "prediction";
  const means = new WeightedMeans();
  const collected: HostOutputs[] | undefined = session.collectsOutputs && hasHooks ? [] : undefined;
  metrics.valid.reset();
  if (hasHooks) await callHook(session, "onValidationEpochStart");
  const progress = new PhaseProgress(session, evaluation.source, evaluation.limit, means);
  const iterator = openPass(evaluation.source);
  let isDone = false;
  try {
    for (let index = 0; index < evaluation.limit; index++) {
      const item = iterator.next();
      const { done, value: batch } = "then" in item ? await item : item;
      isDone = done === true;
      if (isDone) break;
      const outputs = await evaluateBatch(session, phase, batch, index, means);
      session.release();
      if (outputs !== undefined) {
        if (hasHooks) metrics.valid.update(outputs);
        collected?.push(outputs);
        if (evaluation.emit && !(await evaluation.emit(outputs))) break;
      }
      if (stops.isInterruptAsked) {
        evaluation.dropped = true;
        break;
      }
      await progress.advance(trainer.batchSize(batch));
    }
  } finally {
    if (!isDone) await iterator.return?.();
  }
  await session.pending.resolve();
  if (group.size > 1) evaluation.dropped = (await group.allGather(evaluation.dropped)).includes(true);
  if (evaluation.dropped) await stops.agree();
  if (!hasHooks || evaluation.dropped) return {};
  const values: Record<string, number> = { ...(await means.meansOver(group)), ...(await metrics.valid.compute(group)) };
  const joined = collected && (await joinOverRanks(session, collected));
  if (joined !== undefined) Object.assign(values, await trainer.computeMetrics(joined));
  await callHook(session, "onValidationEpochEnd", values);
  return values;
}

/** One batch: transfer, hooks and the user's step. */
async function evaluateBatch(
  session: Session,
  phase: EvaluationPhase,
  batch: unknown,
  index: number,
  means: WeightedMeans,
): Promise<HostOutputs | undefined> {
  const { trainer, pending } = session;
  const weight = trainer.batchWeight(batch);
  const section = session.section("step", index, 0, trainer.batchSize(batch));
  const { batch: transferred } = prepareBatch(session, batch, section);
  const hasHooks = phase !== "prediction";
  if (hasHooks) await callHook(session, "onValidationBatchStart", transferred, index);
  session.stepWeight = weight;
  const result = runSection(section, () => keptOutputs(session, phase, transferred, index));
  const outputs = await hostOutputsOf(result);
  if (hasHooks) await callHook(session, "onValidationBatchEnd", batchOutputs(result, outputs), transferred, index);
  const into = [means];
  for (const [name, scalar] of Object.entries(result.scalars)) {
    const value = readIfOnHost(scalar);
    if (typeof value !== "number") session.disown(value);
    pending.add({ name, value, weight, into });
  }
  session.stepWeight = 1;
  return outputs;
}

/** The synchronous part: one tidy around the user's step. */
function keptOutputs(session: Session, phase: EvaluationPhase, batch: unknown, index: number): KeptResult {
  let kept: KeptResult | undefined;
  tf.tidy(() => {
    const before = nextTensorId();
    kept = keepResult(session, session.trainer.computeOutputs(batch, index), stepNames[phase], before);
  });
  return kept!;
}

const stepNames = { validation: "validationStep", test: "testStep", prediction: "predictStep" };

/** Outputs of all batches, and of all ranks in rank order, joined along the first dimension; undefined if there were none. */
async function joinOverRanks({ group }: Session, batches: readonly HostOutputs[]): Promise<HostOutputs | undefined> {
  const own = batches.length === 0 ? null : joinOutputs(batches);
  const all = group.size === 1 ? [own] : await group.allGather(own);
  const present = all.filter((outputs) => outputs !== null);
  return present.length === 0 ? undefined : joinOutputs(present);
}

function joinOutputs(batches: readonly HostOutputs[]): HostOutputs {
  return Object.fromEntries(Object.keys(batches[0]!).map((name) => [name, joinTensors(batches.map((outputs) => outputs[name]!))]));
}

function joinTensors(parts: readonly HostTensor[]): HostTensor {
  const first = parts[0]!;
  const length = parts.reduce((sum, { data }) => sum + data.length, 0);
  const data = new (first.data.constructor as Float32ArrayConstructor)(length);
  let at = 0;
  for (const part of parts) {
    data.set(part.data as Float32Array, at);
    at += part.data.length;
  }
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 1), 0);
  return { dtype: first.dtype, shape: [rows, ...first.shape.slice(1)], data } as HostTensor;
}
