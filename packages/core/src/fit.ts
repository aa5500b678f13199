import type { StateRecord } from "@snapfit/base";
import { allowsMore, limitsText, type FitEntry } from "./fit-entry.js";
import type { FitPlan, Limits } from "./fit-options.js";
import { callHook } from "./hooks.js";
import { listenToSignals } from "./node/signals.js";
import { checkGradientNorms } from "./not-finite.js";
import { numBatches } from "./phase-progress.js";
import type { Session } from "./session.js";
import { abortReason, askIfLimitReached, runEpoch } from "./train-epoch.js";
import { isLoader, takeSource } from "./window.js";

/** How a fit ended. */
export interface FitResult {
  /** `10 epochs`, `early stopping: …`, `SIGTERM`, or what `stop(reason)` or the AbortSignal said. */
  readonly reason: string;
  /** Whether the run was interrupted and can go on where it was. */
  readonly interrupted: boolean;
}

/** One call of `fit`, on a trainer that is ready. */
export async function runFit(session: Session, plan: FitPlan): Promise<FitResult> {
  const { stops, console } = session;
  session.fitCalls += 1;
  const earlier = session.fits[session.fitCalls - 1];
  if (earlier?.finished && !reopen(session, earlier, plan.limits)) {
    console.info(`Fit ${session.fitCalls} is finished (${earlier.finished.reason}): nothing to do.`);
    passOver(session, earlier, plan);
    return { reason: earlier.finished.reason, interrupted: false };
  }
  const ignoreSignals = session.options.signals
    ? listenToSignals({ stop: (reason) => stops.ask({ kind: "interrupt", reason }), close: () => session.trainer.close() })
    : undefined;
  const onAbort = (): void => stops.ask({ kind: "interrupt", reason: abortReason(plan.signal!) });
  plan.signal?.addEventListener("abort", onAbort);
  session.phase = "train";
  session.hasTrained = earlier !== undefined && session.counters.step > earlier.startStep;
  session.fitStart = performance.now();
  try {
    if (earlier === undefined) beginFit(session, plan);
    else continueFit(session, earlier, plan);
    takeSource(session, plan.train);
    await planSteps(session, plan);
    await callHook(session, "onFitStart");
    await runEpochs(session, plan);
    return await endFit(session, plan);
  } finally {
    session.phase = "idle";
    session.fitSecondsBefore = session.fitSeconds();
    session.fitStart = undefined;
    plan.signal?.removeEventListener("abort", onAbort);
    session.release();
    session.console.clearProgress();
    await session.sinks.flush();
    await ignoreSignals?.(stops.isInterrupted);
  }
}

/** The loaders of a finished fit stand where it left them: the next fit may use them again. */
function passOver(session: Session, { loader, validationLoader }: FitEntry, { train, validation }: FitPlan): void {
  if (isLoader(train) && loader) train.loadState(loader);
  if (isLoader(validation) && validationLoader) validation.loadState(validationLoader);
  if (session.isReplaying) return;
  session.position.source = train; // this was the last one: the state is this script's again
  session.position.restored = undefined;
  session.validationLoader = { source: validation, restored: undefined };
}

/** A fit that its limit had ended goes on when the script now allows more, unless a later one has begun. */
function reopen(session: Session, entry: FitEntry, limits: Limits): boolean {
  if (entry.finished?.by !== "limit" || session.fitCalls < session.fits.length || !allowsMore(limits, entry.limits)) return false;
  session.console.info(
    `Fit ${session.fitCalls} had ended at its limit of ${limitsText(entry.limits)}; now ${limitsText(limits)} are allowed, so it goes on.`,
  );
  entry.finished = null;
  entry.limits = limits;
  session.stops.clearFinish();
  session.position.restored = entry.loader ?? undefined;
  return true;
}

/** A fit that was interrupted, or has been opened again. */
function continueFit(session: Session, entry: FitEntry, { limits, validation }: FitPlan): void {
  const { console, counters, fitCalls } = session;
  const [now, before] = [limitsText(limits), limitsText(entry.limits)];
  console.info(
    `Fit ${fitCalls} goes on at epoch ${counters.epoch}, step ${counters.step}.${now === before ? "" : ` It may now take ${now} (before: ${before}).`}`,
  );
  entry.limits = limits;
  if (!isLoader(validation) || !session.validationLoader.restored) return;
  validation.loadState(session.validationLoader.restored);
  session.validationLoader = { source: validation, restored: undefined };
}

function beginFit(session: Session, { limits }: FitPlan): void {
  const { counters, console, stops } = session;
  if (session.best !== undefined || counters.step > 0) {
    const from = { last: "the last weights", best: "the best weights", given: "the weights that were set" }[session.startsFrom];
    console.info(`Fit ${session.fitCalls} starts from ${from} (step ${counters.step}).`);
  }
  session.startsFrom = "last";
  const before = session.fits.at(-1);
  if (before) before.finished ??= { by: "stop", reason: "an error" };
  stops.clear();
  counters.fit += 1;
  counters.epoch = 0;
  counters.batch = 0;
  session.isEpochRunning = false;
  session.fitSecondsBefore = 0;
  session.validationDue = null;
  // What was restored of loaders was for the fit before; this one may have others.
  session.position.restored = undefined;
  session.validationLoader = { source: undefined, restored: undefined };
  session.fits.push({
    limits,
    finished: null,
    startStep: counters.step,
    startEpoch: counters.globalEpoch,
    totalSteps: null,
    loader: null,
    validationLoader: null,
  });
}

/** The number of steps that schedules see, agreed between ranks; a schedule that needs it and cannot have it fails here. */
async function planSteps(session: Session, plan: FitPlan): Promise<void> {
  const { group, optimizers, console, clock } = session;
  const entry = session.fit!;
  const lengths = await group.allGather(Math.min(numBatches(plan.train) ?? Infinity, plan.limitTrainBatches));
  const perEpoch = Math.ceil(Math.max(...lengths) / session.options.accumulate);
  const own = Math.min(perEpoch * (plan.limits.epochs ?? Infinity), plan.limits.steps ?? Infinity);
  const total = Number.isFinite(own) ? entry.startStep + own : null;
  if (entry.totalSteps !== null && total !== entry.totalSteps) {
    console.warning(
      `This fit now has ${total ?? "an unknown number of"} steps in all; before it had ${entry.totalSteps}. Schedules follow the new number.`,
    );
  }
  entry.totalSteps = total;
  for (const { driver } of optimizers) driver.changedRates({ ...clock, totalSteps: total ?? undefined });
  for (const { driver } of optimizers) driver.factor({ ...clock, totalSteps: total ?? undefined });
}

async function runEpochs(session: Session, plan: FitPlan): Promise<void> {
  const { stops, counters } = session;
  for (;;) {
    if (plan.signal?.aborted === true) stops.ask({ kind: "interrupt", reason: abortReason(plan.signal) });
    if (!session.isEpochRunning) {
      if (plan.limits.epochs !== undefined && counters.epoch >= plan.limits.epochs)
        stops.ask({ kind: "finish", reason: `${plan.limits.epochs} epochs`, byLimit: true });
      askIfLimitReached(session, plan.limits);
    }
    const request = await stops.agree();
    if (request !== undefined && (request.kind === "interrupt" || !session.isEpochRunning)) return;
    await runEpoch(session, plan);
  }
}

async function endFit(session: Session, plan: FitPlan): Promise<FitResult> {
  const { stops, trainer, counters, console } = session;
  const { kind, reason, byLimit } = stops.request!;
  const interrupted = kind === "interrupt";
  await checkGradientNorms(session); // an interrupted run has not come to its next logging point
  await session.pending.resolve();
  if (interrupted) console.info(`Stopped at epoch ${counters.epoch}, step ${counters.step}: ${reason}.`);
  else {
    const entry = session.fit!;
    entry.finished = { by: byLimit === true ? "limit" : "stop", reason };
    entry.loader = isLoader(plan.train) ? plan.train.saveState(0) : null;
    entry.validationLoader = isLoader(plan.validation) ? plan.validation.saveState(0) : null;
    stops.clearFinish();
  }
  await callHook(session, "onFitEnd", reason);
  await session.logs.flushQueue();
  if (!interrupted) await session.logs.emit("fit", { kind: "summary", values: summaryOf(session, reason) });
  await trainer.savePoint(interrupted ? "stop" : "fitEnd");
  if (!interrupted) stops.clearFinish();
  return { reason, interrupted };
}

/** The last values of the history, and the best one. */
function summaryOf({ history, best, counters }: Session, reason: string): StateRecord {
  const last = (columns: Record<string, number[]>, prefix: string): [string, number][] =>
    Object.entries(columns).map(([name, values]) => [`${prefix}/${name}`, values.at(-1)!]);
  const found = best === undefined ? {} : { [`best/${best.monitor}`]: best.value, "best/epoch": best.epoch };
  return {
    ...Object.fromEntries([...last(history.train, "train"), ...last(history.valid, "valid")]),
    ...found,
    steps: counters.step,
    reason,
  };
}
