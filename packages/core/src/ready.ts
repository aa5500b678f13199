import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { adoptModel } from "./trained-model.js";
import { chooseDevice } from "./devices.js";
import * as evaluating from "./evaluating.js";
import { MetricSet } from "./metric-set.js";
import { checkModel, isLayersModel, type Model } from "./model.js";
import { beforeExit } from "./node/signals.js";
import { optimizerSlots } from "./optimizer-slots.js";
import { plainEntries } from "./plain-entries.js";
import type { Session } from "./session.js";
import { withSeededRandom } from "./sync-section.js";

/** Backend, seed, model, optimizers; then the add-ons and what they restore. */
export async function makeReady(session: Session): Promise<void> {
  try {
    await setUp(session);
  } catch (error) {
    session.isReady = false;
    await session.cleanups.run().catch(() => undefined); // the first error is the one to show
    throw error;
  }
  session.cleanups.add(() => session.logs.close()); // the first to run: sinks are still open
}

async function setUp(session: Session): Promise<void> {
  const { options, console, group } = session;
  session.seed = await group.broadcast(session.seed);
  const { model, line } = await chooseDevice(options.device, modelBuilder(session), discardModel);
  console.info(line);
  if (options.seed === undefined) console.info(`Seed: ${session.seed}. Give it as an option to repeat this run.`);
  session.evaluating = evaluating;
  try {
    await setUpTrainer(session, model);
  } catch (error) {
    if (typeof options.model === "function") discardModel(model); // nobody else can reach it
    throw error;
  }
}

async function setUpTrainer(session: Session, model: Model): Promise<void> {
  const { options, trainer, sinks, counters, group, runName, cleanups } = session;
  session.model = adoptModel(model);
  session.optimizers = optimizerSlots(await trainer.configureOptimizers());
  session.stoppers = await trainer.configureEarlyStoppers();
  const { train, valid } = await trainer.configureMetrics();
  session.declaredMetrics = { ...train, ...valid };
  session.metrics = { train: new MetricSet(train), valid: new MetricSet(valid) };
  cleanups.add(() => {
    for (const { optimizer } of session.optimizers) optimizer.dispose();
    session.pending.dispose();
    session.logs.dispose();
  });
  cleanups.add(beforeExit(() => trainer.close()));
  session.isReady = true; // add-ons may use the model, and read and write the state
  await trainer.setup();
  await trainer.restore();
  await sinks.open({ runName, step: counters.step, rank: group.rank });
  if (!sinks.isEmpty) await session.logs.emit("config", { kind: "config", values: plainEntries(options) });
}

/** Builds the model on the backend in use: by its factory, with the seed behind `Math.random`; a ready one is moved there, once. */
function modelBuilder(session: Session): () => Promise<Model> {
  const { options } = session;
  if (typeof options.model !== "function") {
    let values: Map<tf.Variable, tf.TypedArray> | undefined;
    return async () => {
      const model = options.model as Model;
      const variables = variablesOf(model);
      values ??= new Map(await Promise.all(variables.map(async (variable) => [variable, (await variable.data()).slice()] as const)));
      for (const [variable, data] of values) tf.tidy(() => variable.assign(tf.tensor(data, variable.shape, variable.dtype)));
      return model;
    };
  }
  const factory = options.model;
  return async () => {
    const built = await withSeededRandom(session.random.split("init"), factory);
    if (built === undefined || built === null)
      throw new SnapfitError(
        "MODEL_INVALID",
        `The model function returned ${String(built)}. It returns a tf.LayersModel or an object with parameters(). Add the return.`,
      );
    checkModel(built);
    return built;
  };
}

/** All variables of a model, buffers included. */
function variablesOf(model: Model): tf.Variable[] {
  if (isLayersModel(model)) return model.weights.map((weight) => weight.read() as tf.Variable);
  return [...model.parameters().values(), ...(model.buffers?.().values() ?? [])];
}

function discardModel(model: Model): void {
  if (isLayersModel(model)) model.dispose();
  else for (const variable of variablesOf(model)) variable.dispose();
}
