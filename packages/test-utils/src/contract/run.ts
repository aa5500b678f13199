import { MemoryStorage, type ProcessGroup, type StateRecord, type StateTree, type Storage } from "@snapfit/base";
import type { History, LogRecord, Progress, SavePointKind, TrainerOptions } from "@snapfit/core";
import { adamW, cosine } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { seededClasses } from "../seeded-samples.js";
import { tinyLoader } from "../tiny-loader.js";
import { tinyClassifier } from "../tiny-models.js";
import { tinyOptions, type TinyTrainer } from "../tiny-trainers.js";
import { contractOptions } from "./contract-class.js";
import type { Companion, ContractData, ContractHost, ContractOptions, ContractSettings } from "./settings.js";
import { RecordedWorld } from "./world.js";

/** What a run may be given. */
export interface RunSettings {
  readonly Class: ContractHost;
  /** Whose options the trainer gets. */
  readonly companions: readonly Companion[];
  readonly scenario?: ContractSettings<never>["scenario"] | undefined;
  readonly group?: ProcessGroup;
  readonly disk?: Storage;
  /** A state to go on from. */
  readonly from?: StateRecord;
  readonly onSavePoint?: (trainer: TinyTrainer, kind: SavePointKind) => Promise<void>;
}

/** What a run has left behind. */
export interface Outcome {
  /** The state of all ranks at the end, without times and names of machines. */
  readonly state: StateRecord;
  /** The state of this rank. */
  readonly own: StateRecord;
  readonly history: History;
  readonly progress: Progress;
  /** Records of the fits. */
  readonly rows: readonly LogRecord[];
  readonly world: RecordedWorld;
  /** Tensors at the end of each epoch. */
  readonly numTensors: readonly number[];
}

/** A trainer in its world, and the data for it. */
export interface Prepared {
  readonly trainer: TinyTrainer;
  readonly data: ContractData;
  readonly world: RecordedWorld;
  /** Closes the trainer and disposes its model, which is the suite's. */
  release(): Promise<void>;
}

/** Data of a run: 22 samples in batches of 4 and windows of 2, so that the last window is short, and its last batch too. */
export function contractData(): ContractData {
  return {
    train: tinyLoader(seededClasses({ numSamples: 22 }), { batchSize: 4, shuffle: true }),
    validation: tinyLoader(seededClasses({ numSamples: 9, seed: 2 }), { batchSize: 4 }),
  };
}

/** Makes the trainer of a run. */
export function prepare({
  Class,
  companions,
  group,
  disk = new MemoryStorage(),
}: Pick<RunSettings, "Class" | "companions" | "group" | "disk">): Prepared {
  const world = new RecordedWorld(group?.rank ?? 0, disk);
  const models: tf.LayersModel[] = [];
  const model = (): tf.LayersModel => {
    models.push(tinyClassifier({ dropout: 0.2 }));
    return models.at(-1)!;
  };
  const options: TrainerOptions = tinyOptions({
    ...contractOptions,
    model,
    optimizer: adamW({ learningRate: 0.02 }),
    schedule: cosine(),
    logger: world.logger,
    runName: "contract",
    ...(group && { processGroup: group }),
  });
  const trainer = new Class(Object.assign({}, options, ...companions.map((companion) => optionsOf(companion.options, world))));
  const release = async (): Promise<void> => {
    const isReady = ((): boolean => {
      try {
        return trainer.model !== undefined;
      } catch {
        return false; // a trainer whose set-up failed has disposed its model
      }
    })();
    try {
      await trainer.close();
    } finally {
      if (isReady) for (const each of models.splice(0)) each.dispose();
    }
  };
  return { trainer, data: contractData(), world, release };
}

function optionsOf(options: ContractOptions | undefined, world: RecordedWorld): Readonly<Record<string, unknown>> {
  return typeof options === "function" ? options(world) : (options ?? {});
}

/** Two fits with validation, everything else that a trainer does, and the add-on's own scenario. */
export async function runContract(settings: RunSettings): Promise<Outcome> {
  const rows: LogRecord[] = [];
  const numTensors: number[] = [];
  const Class = outermost(settings.Class, rows, async (trainer, kind) => {
    if (kind === "epoch") numTensors.push(tf.memory().numTensors);
    await settings.onSavePoint?.(trainer, kind);
  });
  const prepared = prepare({ ...settings, Class });
  let outcome: Outcome;
  try {
    outcome = await outcomeOf(prepared, settings, rows, numTensors);
  } catch (error) {
    await prepared.release().catch(() => undefined); // the first error is the one to show
    throw error;
  }
  await prepared.release();
  return outcome;
}

async function outcomeOf(
  { trainer, data, world }: Prepared,
  { from, scenario }: RunSettings,
  rows: readonly LogRecord[],
  numTensors: readonly number[],
): Promise<Outcome> {
  if (from) await trainer.applyState(from);
  await trainer.fit({ ...data, epochs: 2, validateEvery: { steps: 2 } });
  await trainer.fit({ ...data, epochs: 1 });
  await evaluateAll(trainer); // not between the fits: a resumed run does it again, with the restored weights
  await (scenario as ContractSettings["scenario"])?.(trainer, data);
  const history = structuredClone(trainer.history);
  const progress = { ...trainer.progress };
  return {
    state: lasting(await trainer.captureState()),
    own: lasting(await trainer.saveState()),
    history,
    progress,
    rows,
    world,
    numTensors,
  };
}

/** Every evaluation that a user may ask for. */
export async function evaluateAll(trainer: TinyTrainer): Promise<void> {
  const { validation } = contractData();
  await trainer.validate(validation);
  await trainer.test(validation);
  await trainer.predictAll(validation);
}

/** A user's class outside of all add-ons, which watches. */
function outermost(
  Class: ContractHost,
  rows: LogRecord[],
  onSavePoint: (trainer: TinyTrainer, kind: SavePointKind) => Promise<void>,
): ContractHost {
  return class ContractTrainer extends Class {
    protected override async onLog(record: LogRecord): Promise<LogRecord | undefined> {
      if (this.phase !== "idle") rows.push(record);
      return super.onLog(record);
    }
    protected override async savePoint(kind: SavePointKind): Promise<void> {
      await super.savePoint(kind);
      await onSavePoint(this, kind);
    }
  };
}

/** A state without times and identities: the trainer's, and those of each add-on. */
export function lasting(state: StateRecord): StateRecord {
  const { environment: _, ...rest } = state;
  return Object.fromEntries(Object.entries(rest).map(([name, entry]) => [name, withoutEnvironment(entry)]));
}

function withoutEnvironment(entry: StateTree): StateTree {
  if (!("environment" in asRecord(entry))) return entry;
  const { environment: _, ...rest } = asRecord(entry);
  return rest;
}

/** A tree as a record; nothing where it is none. */
export function asRecord(tree: StateTree | undefined): StateRecord {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree) ? (tree as StateRecord) : {};
}
