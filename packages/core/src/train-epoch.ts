import { SnapfitError } from "@snapfit/base";
import type { EpochMetrics } from "./callbacks.js";
import { isPromise, type Awaitable } from "./awaitable.js";
import { checkBatch } from "./check/check-batch.js";
import { isBetter } from "./best-model.js";
import { epochLine } from "./console/format.js";
import { evaluate } from "./evaluation.js";
import type { FitPlan, Limits } from "./fit-options.js";
import { recordEpoch } from "./history.js";
import { callHook } from "./hooks.js";
import type { EarlyStopper } from "./early-stopper.js";
import { PhaseProgress } from "./phase-progress.js";
import type { Session } from "./session.js";
import { checkGradientNorms } from "./not-finite.js";
import { isLoader, WindowReader } from "./window.js";

/** One epoch, or the rest of one after a resume. Returns early when the run is interrupted; `isEpochRunning` then stays true. */
export async function runEpoch(session: Session, plan: FitPlan): Promise<void> {
  const { trainer, counters } = session;
  session.epochStart = performance.now();
  if (!session.isEpochRunning) await beginEpoch(session);
  if (session.validationDue === "step") {
    await validate(session, plan, "step");
    if (session.stops.isInterrupted) return;
    await trainer.savePoint("step");
  }
  if (session.validationDue === null) {
    await trainWindows(session, plan);
    if (session.stops.isInterrupted) return;
  }
  await session.pending.resolve();
  const train = { ...(await session.epochMeans.meansOver(session.group)), ...(await session.metrics.train.compute(session.group)) };
  recordEpoch(session.history.train, counters.globalEpoch, train);
  recordEpoch(session.history.valid, counters.globalEpoch, {});
  if (session.validationDue === null && !isValidationDue(session, plan)) {
    askTrainStopper(session, train);
    await session.stops.agree(); // this epoch may now be the last one
  }
  if (session.validationDue === "epoch" || isValidationDue(session, plan)) {
    await validate(session, plan, "epoch");
    if (session.stops.isInterrupted) return;
  }
  await endEpoch(session, plan, train);
}

async function beginEpoch(session: Session): Promise<void> {
  const { counters } = session;
  counters.epoch += 1;
  counters.globalEpoch += 1;
  counters.batch = 0;
  session.position.samples = 0;
  session.epochMeans.reset();
  session.metrics.train.reset();
  session.validated = null;
  session.isTrainStopperAsked = false;
  session.isEpochRunning = true;
  await callHook(session, "onTrainEpochStart");
}

/** The windows of the epoch, up to the end of the loader, a limit or a stop. */
async function trainWindows(session: Session, plan: FitPlan): Promise<void> {
  const { trainer, counters, stops, options } = session;
  const reader = await WindowReader.open(session, plan.train, plan.limitTrainBatches);
  const progress = new PhaseProgress(session, plan.train, plan.limitTrainBatches, session.epochMeans, counters.batch);
  let stepsBefore = counters.step;
  session.isStepping = true;
  try {
    for (;;) {
      const stopping = shouldStop(session, plan);
      if (isPromise(stopping) ? await stopping : stopping) break;
      const window = await reader.next();
      if (window === undefined) break;
      if (plan.fastRun && counters.batch === 0) await sayFindings(session, window.batches[0]);
      try {
        const step = trainer.runStep(window);
        if (isPromise(step)) await step;
      } finally {
        session.release();
      }
      if (counters.step > stepsBefore) {
        stepsBefore = counters.step;
        if (counters.step % options.logEvery === 0) await logPoint(session);
        if (isStepValidationDue(session, plan)) {
          await pauseTraining(session, () => validate(session, plan, "step"));
          if (stops.isInterrupted) break;
        }
        const saving = trainer.savePoint("step");
        if (isPromise(saving)) await saving;
      }
      const turn = progress.advance(window.totalSize, window.batches.length);
      if (turn) await turn;
    }
    await stops.agree(); // how the epoch ends depends on it
    await refuseEndlessFit(session, plan);
  } catch (error) {
    await reader.close(true).catch(() => undefined); // the first error is the one to show
    throw error;
  } finally {
    session.isStepping = false;
    session.console.clearProgress();
  }
  await reader.close(stops.isInterrupted);
}

/** What a dry run of the first step tells; the step itself fails as it would without. */
async function sayFindings(session: Session, batch: unknown): Promise<void> {
  if (batch === undefined) return; // this rank has none
  const { findings, memoryText } = await checkBatch(session, batch);
  for (const { severity, message } of findings) session.console[severity](message);
  if (memoryText !== undefined) session.console.info(memoryText);
}

/** An epoch without batches, or one after which the only limit is no nearer, would be repeated for ever. */
async function refuseEndlessFit({ counters, group, stops, hasTrained }: Session, { limits }: FitPlan): Promise<void> {
  const isEmpty = group.size === 1 ? counters.batch === 0 : (await group.allGather(counters.batch)).every((batches) => batches === 0);
  if (stops.request !== undefined) return;
  if (!hasTrained && !isEmpty && limits.epochs === undefined && limits.maxSeconds === undefined) {
    throw new SnapfitError(
      "NO_STEP",
      "fit() has a limit of steps alone, but after an epoch no step was done: there is no optimizer, or trainingStep returned no loss. Limit epochs, or give both.",
    );
  }
  if (isEmpty)
    throw new SnapfitError(
      "EMPTY_LOADER",
      "The training loader yielded no batch. fit() needs at least one batch an epoch. Check its source; an iterator that was used up before is empty too.",
    );
}

async function logPoint(session: Session): Promise<void> {
  await checkGradientNorms(session);
  await session.logs.flush();
}

/** A validation in the middle of an epoch: the bar of the training is away meanwhile. */
async function pauseTraining(session: Session, validation: () => Promise<void>): Promise<void> {
  session.console.clearProgress();
  await validation();
  session.console.beginProgress();
}

/** Asked between steps: limits of this fit, and requests to stop, agreed between ranks. */
function shouldStop(session: Session, { limits, signal }: FitPlan): Awaitable<boolean> {
  const { stops, group } = session;
  if (signal?.aborted === true) stops.ask({ kind: "interrupt", reason: abortReason(signal) });
  askIfLimitReached(session, limits);
  return group.size === 1 ? stops.request !== undefined : stops.agree().then((request) => request !== undefined);
}

/** The limits that may be reached within an epoch. */
export function askIfLimitReached(session: Session, { steps, maxSeconds }: Limits): void {
  const { stops, counters, fit } = session;
  if (steps !== undefined && counters.step - fit!.startStep >= steps)
    stops.ask({ kind: "finish", reason: `${steps} steps`, byLimit: true });
  if (maxSeconds !== undefined && session.fitSeconds() >= maxSeconds)
    stops.ask({ kind: "finish", reason: `${maxSeconds} s`, byLimit: true });
}

export function abortReason({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function isStepValidationDue({ counters }: Session, { validation, validateEvery }: FitPlan): boolean {
  return validation !== undefined && validateEvery.steps !== undefined && counters.step % validateEvery.steps === 0;
}

/** At an epoch's end: every so many epochs, and after the last one, unless this very step has been validated. */
function isValidationDue(session: Session, plan: FitPlan): boolean {
  if (plan.validation === undefined || session.validated?.step === session.counters.step) return false;
  return (
    isLastEpoch(session, plan) || (plan.validateEvery.epochs !== undefined && session.counters.epoch % plan.validateEvery.epochs === 0)
  );
}

function isLastEpoch({ counters, stops }: Session, { limits }: FitPlan): boolean {
  return stops.request !== undefined || (limits.epochs !== undefined && counters.epoch >= limits.epochs);
}

/** Validates, then decides by its values: best state, early stopping, schedules. Stays due if it is interrupted. */
async function validate(session: Session, plan: FitPlan, kind: "step" | "epoch"): Promise<void> {
  const source = plan.validation!;
  session.validationDue = kind;
  const { validationLoader } = session;
  if (isLoader(source)) {
    if (validationLoader.restored) source.loadState(validationLoader.restored);
    validationLoader.restored = source.saveState(0); // where a dropped validation begins again
  }
  validationLoader.source = source;
  const evaluated = await evaluate(session, "validation", { source, limit: plan.limitValidationBatches });
  if (evaluated === undefined) {
    if (isLoader(source)) source.loadState(validationLoader.restored!);
    return;
  }
  const { values, logged } = evaluated;
  validationLoader.restored = undefined;
  session.validationDue = null;
  session.validated = { step: session.counters.step, values };
  recordEpoch(session.history.valid, session.counters.globalEpoch, values);
  await keepBest(session, values);
  askStopper(session, session.stoppers.valid, values);
  updateMetricSchedules(session, values);
  await session.logs.evaluated("valid", values, logged);
}

async function keepBest(session: Session, values: EpochMetrics): Promise<void> {
  const { stoppers, counters, trainer } = session;
  const monitor = stoppers.valid?.monitor ?? "loss";
  const value = values[monitor];
  if (value === undefined || !isBetter(value, session.best, stoppers.valid?.mode ?? "min")) return;
  session.best = { weights: await trainer.modelStateForUse(), monitor, value, epoch: counters.globalEpoch, step: counters.step };
}

/** A monitor that is not there is said once and does not stop the run. */
function askStopper(session: Session, stopper: EarlyStopper | undefined, values: EpochMetrics): void {
  if (stopper === undefined) return;
  const value = values[stopper.monitor];
  if (value === undefined)
    return session.console.once(
      "error",
      `Monitor key '${stopper.monitor}' not found. There are: ${Object.keys(values).join(", ") || "none"}.`,
    );
  const sentence = stopper.update(value);
  if (sentence === undefined) return;
  session.console.info(`Early stopping: ${sentence}.`);
  session.stops.ask({ kind: "finish", reason: `early stopping: ${sentence}` });
}

/** Once an epoch, also where the epoch's end is interrupted and run again. */
function askTrainStopper(session: Session, train: EpochMetrics): void {
  if (session.isTrainStopperAsked) return;
  session.isTrainStopperAsked = true;
  askStopper(session, session.stoppers.train, train);
}

function updateMetricSchedules(session: Session, values: EpochMetrics): void {
  for (const { driver } of session.optimizers) {
    const { schedule } = driver;
    if (schedule?.unit !== "metric") continue;
    const { valid } = session.stoppers;
    const monitor = schedule.monitor ?? valid?.monitor ?? "loss";
    const value = values[monitor];
    if (value === undefined) session.console.once("warning", `ReduceLROnPlateau: monitor key '${monitor}' not found`);
    else schedule.update(value, schedule.mode ?? (valid?.monitor === monitor ? valid.mode : session.directionOf(monitor)));
  }
}

async function endEpoch(session: Session, plan: FitPlan, train: Readonly<Record<string, number>>): Promise<void> {
  const { counters, console, trainer } = session;
  await logPoint(session);
  session.isEpochRunning = false; // schedules now see this epoch as done
  for (const { name, driver } of session.optimizers) {
    if (driver.schedule?.unit === "metric" && plan.validation === undefined)
      console.once("warning", "ReduceLROnPlateau requires validation outputs");
    for (const line of driver.changedRates(session.clock, session.optimizers.length > 1 ? name : undefined)) console.info(line);
  }
  session.isEpochRunning = true;
  askTrainStopper(session, train);
  const valid = session.validated?.values;
  await session.logs.emit("epoch", {
    kind: "scalars",
    values: {
      epoch: counters.globalEpoch,
      ...Object.fromEntries(Object.entries(train).map(([name, value]) => [`train/${name}_epoch`, value])),
    },
  });
  await callHook(session, "onTrainEpochEnd", valid === undefined ? train : { ...train, valid });
  await session.logs.flushQueue();
  console.info(epochLine(counters.epoch, plan.limits.epochs, train, valid, (performance.now() - session.epochStart) / 1000));
  session.isEpochRunning = false;
  await trainer.savePoint("epoch");
}
