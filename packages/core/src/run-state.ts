import { RandomStream, SnapfitError, type StateRecord, type StateTree } from "@snapfit/base";
import { loadBest, saveBest } from "./best-model.js";
import type { FitEntry } from "./fit-entry.js";
import type { HistoryColumns } from "./history.js";
import type { Weights } from "./model.js";
import type { Counters } from "./progress.js";
import type { Session } from "./session.js";
import { checkGradientNorms } from "./not-finite.js";
import { assignWeights, readWeights } from "./weights.js";
import { isLoader, loaderState } from "./window.js";

const VERSION = 1;

/**
 * This rank's state of everything in core: the default of `saveState()`. Values that wait on the device are read, no record is written.
 * Arrays under `weights` and `optimizers` are copies and belong to the caller; others may be the trainer's own.
 */
export async function saveRunState(session: Session): Promise<StateRecord> {
  await checkGradientNorms(session);
  await session.pending.resolve();
  const { model, optimizers, stoppers, counters, history, fits, best, position, validationLoader } = session;
  const optimizerStates = await Promise.all(
    optimizers.map(
      async ({ name, optimizer, driver }) => [name, { slots: await optimizer.saveState(), schedule: driver.saveState() }] as const,
    ),
  );
  return {
    version: VERSION,
    weights: session.rawWeights ? copyWeights(session.rawWeights) : await readWeights(model.weights()),
    optimizers: Object.fromEntries(optimizerStates),
    stoppers: { train: stoppers.train?.saveState() ?? null, valid: stoppers.valid?.saveState() ?? null },
    progress: { ...counters },
    windows: session.windows,
    seed: session.seed,
    history: { train: copyColumns(history.train), valid: copyColumns(history.valid) },
    fits: fits.map((entry) => ({ ...entry, finished: entry.finished && { ...entry.finished }, limits: { ...entry.limits } })),
    epoch: {
      isRunning: session.isEpochRunning,
      validationDue: session.validationDue,
      validated: session.validated,
      isTrainStopperAsked: session.isTrainStopperAsked,
    },
    finish: session.stops.finish ?? null,
    startsFrom: session.startsFrom,
    best: saveBest(best),
    validationLoader: validationLoader.restored ?? (isLoader(validationLoader.source) ? validationLoader.source.saveState(0) : null),
    perRank: {
      loader: loaderState(position) ?? null,
      passSamples: position.samples,
      batch: counters.batch,
      epochMeans: session.epochMeans.saveState(),
      recordMeans: session.recordMeans.saveState(),
      records: await session.logs.saveState(),
      metrics: session.metrics.train.saveState(),
      streams: Object.fromEntries([...session.streams].map(([name, stream]) => [name, stream.saveState()])),
    },
    environment: { fitSeconds: session.fitSeconds() },
  };
}

/** Takes up what {@link saveRunState} returned: the default of `loadState()`. Counters or history that are missing become 0 and empty. */
export function loadRunState(session: Session, state: StateRecord): void {
  if (state["version"] !== undefined && state["version"] !== VERSION) {
    throw new SnapfitError(
      "STATE_VERSION",
      `The state has version ${String(state["version"])}. This version of @snapfit/core reads version ${VERSION}. Use the version that wrote it.`,
    );
  }
  const epoch = record(state["epoch"]);
  const perRank = record(state["perRank"]);
  const history = record(state["history"]);
  if (state["weights"] !== undefined) assignWeights(session.model.weights(), state["weights"] as unknown as Weights, true);
  loadOptimizers(session, record(state["optimizers"]));
  const stoppers = record(state["stoppers"]);
  if (stoppers["train"]) session.stoppers.train?.loadState(record(stoppers["train"]));
  if (stoppers["valid"]) session.stoppers.valid?.loadState(record(stoppers["valid"]));
  const none: Counters = { fit: 0, epoch: 0, globalEpoch: 0, batch: 0, step: 0, samples: 0 };
  Object.assign(session.counters, none, record(state["progress"]));
  session.counters.batch = Number(perRank["batch"] ?? session.counters.batch); // a rank may have run out of batches
  session.windows = Number(state["windows"] ?? 0);
  session.seed = Number(state["seed"] ?? session.seed);
  session.history = {
    train: copyColumns(record(history["train"]) as unknown as HistoryColumns),
    valid: copyColumns(record(history["valid"]) as unknown as HistoryColumns),
  };
  session.fits = ((state["fits"] ?? []) as unknown as FitEntry[]).map((entry) => ({ ...entry }));
  session.isEpochRunning = epoch["isRunning"] === true;
  session.validationDue = (epoch["validationDue"] ?? null) as Session["validationDue"];
  session.validated = (epoch["validated"] ?? null) as Session["validated"];
  session.isTrainStopperAsked = epoch["isTrainStopperAsked"] === true;
  session.stops.clear();
  if (typeof state["finish"] === "string") session.stops.ask({ kind: "finish", reason: state["finish"] });
  session.startsFrom = (state["startsFrom"] ?? "last") as Session["startsFrom"];
  session.best = loadBest(state["best"] as StateRecord | null | undefined);
  session.validationLoader = { source: undefined, restored: (state["validationLoader"] ?? undefined) as StateRecord | undefined };
  session.position.restored = (perRank["loader"] ?? undefined) as StateRecord | undefined;
  session.position.held = undefined;
  session.position.samples = Number(perRank["passSamples"] ?? 0);
  session.epochMeans.loadState(record(perRank["epochMeans"]));
  session.recordMeans.loadState(record(perRank["recordMeans"]));
  session.logs.loadState((perRank["records"] ?? []) as readonly StateTree[]);
  session.metrics.train.loadState(record(perRank["metrics"]));
  loadStreams(session, record(perRank["streams"]));
  session.fitSecondsBefore = Number(record(state["environment"])["fitSeconds"] ?? 0);
  session.restoredFits = session.fits.length;
  session.fitCalls = 0;
}

function loadOptimizers({ optimizers, console }: Session, states: StateRecord): void {
  for (const { name, optimizer, driver } of optimizers) {
    const own = record(states[name]);
    if (own["slots"] === undefined) {
      console.warning(`The state holds nothing of the optimizer "${name}": it starts anew.`);
      continue;
    }
    optimizer.loadState(record(own["slots"]));
    driver.loadState(record(own["schedule"]));
  }
}

function loadStreams({ streams }: Session, states: StateRecord): void {
  streams.clear();
  for (const [name, state] of Object.entries(states)) streams.set(name, RandomStream.fromState(state));
}

/**
 * The state of all ranks: what stands under `perRank` from each of them, in rank order, the rest from rank 0.
 * Collective; every rank gets the whole tree.
 */
export async function captureRunState(session: Session): Promise<StateRecord> {
  const own = await session.trainer.saveState();
  const perRank = await session.group.allGather(own["perRank"] ?? {});
  const { perRank: _, ...shared } = own;
  return { ...(await session.group.broadcast<StateRecord>(shared)), perRank: perRank as StateTree[] };
}

/** The inverse of {@link captureRunState}. A state of another number of ranks loads too: streams and positions of ranks begin anew then, which is said. */
export async function applyRunState(session: Session, state: StateRecord): Promise<void> {
  const { group, console } = session;
  const ranks = state["perRank"] ?? [];
  if (!Array.isArray(ranks))
    throw new SnapfitError(
      "STATE_MALFORMED",
      "The state has no list of ranks under perRank. applyState() takes what captureState() returned, not what saveState() did.",
    );
  if (ranks.length === group.size || ranks.length === 0)
    return session.trainer.loadState({ ...state, perRank: (ranks[group.rank] ?? {}) as StateRecord });
  console.warning(
    `The state is of ${ranks.length} ranks, this run has ${group.size}: random streams and loader positions of ranks begin anew.`,
  );
  // Batches of other ranks may have another size: the state of no loader fits.
  const fits = ((state["fits"] ?? []) as unknown as FitEntry[]).map((entry) => ({ ...entry, loader: null, validationLoader: null }));
  await session.trainer.loadState({ ...state, fits: fits as unknown as StateTree, validationLoader: null, perRank: {} });
}

/** Those of the state belong to whoever asked for it. */
function copyWeights(weights: Weights): Weights {
  return Object.fromEntries(Object.entries(weights).map(([path, tensor]) => [path, { ...tensor, data: tensor.data.slice() }]));
}

function record(tree: StateTree | undefined): StateRecord {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree) ? (tree as StateRecord) : {};
}

function copyColumns(columns: Readonly<Record<string, readonly number[]>>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, [...values]]));
}
