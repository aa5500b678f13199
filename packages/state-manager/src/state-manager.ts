import type { StateRecord } from "@snapfit/base";
import {
  defineAddOn,
  EarlyStopper,
  type AddOnBase,
  type Adds,
  type Awaitable,
  type EpochMetrics,
  type SavePointKind,
  type WeightsMismatch,
} from "@snapfit/core";
import { plainEntries } from "@snapfit/core/node";
import * as tf from "@tensorflow/tfjs";
import { Checkpoints } from "./checkpoints.js";
import type { CheckpointInfo } from "./checkpoint.js";
import { libraryVersions } from "./library-versions.js";
import { readModel, topologyOf, writeModel, writeTfjsModel, type ModelFormat } from "./model-files.js";
import { stateManagerError } from "./state-manager-error.js";
import { resolveSettings, type ResolvedSettings, type StateManagerOptions } from "./state-manager-options.js";
import { withFittingWeights } from "./fitting-weights.js";

/** A checkpoint of the run. */
export interface SavedCheckpoint extends CheckpointInfo {
  readonly path: string;
  /** SHA-256 of the state: equal for runs that did the same. */
  readonly hash: string;
}

/** What {@link StateManager} adds. */
export interface StateManagerMembers {
  readonly stateManager: {
    /** Saves now and waits for it. Collective. @param path @default in the folder, by step @returns the path @throws SnapfitError of what went wrong */
    save(path?: string): Promise<string>;
    /**
     * Goes on from a checkpoint: everything is as it was when that was saved. Collective.
     * @param path @default the newest whole one of the folder
     * @returns what did not fit, with `strict: false`. @throws SnapfitError `NO_CHECKPOINT`, `CHECKPOINT_DAMAGED`, `WEIGHTS_MISMATCH`
     */
    load(path?: string, options?: { readonly strict?: boolean }): Promise<WeightsMismatch>;
    /** The checkpoints of the folder, oldest first; on rank 0. */
    list(): readonly SavedCheckpoint[];
    /** Of the best checkpoint; undefined before there is one. */
    readonly bestPath: string | undefined;
    /** Writes the weights that are for use (with Ema the averages), and the layers of a tf.LayersModel. @throws SnapfitError `NOT_A_LAYERS_MODEL` for `tfjs` */
    saveModel(path: string, options?: { readonly format?: ModelFormat }): Promise<void>;
    /** Puts weights into the model, from a checkpoint or from what `saveModel()` or TensorFlow.js wrote. @returns what did not fit, with `strict: false` */
    loadModel(path: string, options?: { readonly strict?: boolean }): Promise<WeightsMismatch>;
  };
}

const none: WeightsMismatch = { missing: [], unexpected: [], different: [] };

/**
 * Saves checkpoints, and goes on from the newest one when the same program is run again.
 * @example
 * import { Trainer } from "@snapfit/core";
 * import { StateManager } from "@snapfit/state-manager";
 *
 * const Resumable = Trainer.addOn(StateManager); // new (class extends Resumable { … })({ stateManager: { keep: 3 }, … })
 */
export const StateManager = defineAddOn({
  name: "StateManager",
  apply(Base: AddOnBase<StateManagerOptions>): Adds<StateManagerMembers> {
    abstract class StateManagerTrainer extends Base implements StateManagerMembers {
      readonly #settings: ResolvedSettings;
      readonly #checkpoints: Checkpoints;
      readonly #config: StateRecord;
      /** Entries of add-ons that this trainer has not: kept for one that has them. */
      #foreign: StateRecord = {};

      constructor(options: ConstructorParameters<typeof Base>[0]) {
        super(options);
        this.#settings = resolveSettings(options.stateManager);
        this.#config = plainEntries(options);
        const host = {
          progress: this.progress,
          logger: this.logger,
          processGroup: this.processGroup,
          bestModelState: () => this.bestModelState,
          captureState: () => this.captureState(),
          applyState: (state: StateRecord) => this.applyState(state),
          runFolder: this.runFolder.bind(this),
          describe: () => ({ config: { options: this.#config, versions: libraryVersions() }, topology: topologyOf(this.model) }),
        };
        this.#checkpoints = new Checkpoints(this.#settings, host);
      }

      get stateManager(): StateManagerMembers["stateManager"] {
        const checkpoints = this.#checkpoints;
        const list = (): readonly SavedCheckpoint[] =>
          checkpoints.entries.map(({ name, ...entry }) => ({ ...entry, path: checkpoints.pathOf(name) }));
        return {
          save: async (path) => {
            await this.ready();
            return checkpoints.save(path);
          },
          load: (path, options) => this.#load(path, options),
          list,
          get bestPath() {
            return checkpoints.bestPath;
          },
          saveModel: (path, options) => this.#saveModel(path, options),
          loadModel: (path, options) => this.#loadModel(path, options),
        };
      }

      protected override async configureEarlyStoppers(): Promise<{ readonly train?: EarlyStopper; readonly valid?: EarlyStopper }> {
        const stoppers = await super.configureEarlyStoppers();
        const { monitor, mode } = this.#settings.best;
        if (monitor === undefined) return stoppers;
        if (stoppers.valid === undefined) {
          // One that never stops: it makes its monitor the one that the trainer's best state goes by.
          return { ...stoppers, valid: new EarlyStopper({ monitor, ...(mode && { mode }), patience: Infinity, stopOnNonFinite: false }) };
        }
        return stoppers;
      }
      protected override async setup(): Promise<void> {
        await super.setup();
        const { monitor } = this.#settings.best;
        const watched = this.validEarlyStopper?.monitor;
        if (monitor !== undefined && watched !== monitor) {
          throw stateManagerError(
            "BEST_MONITOR",
            `Option stateManager.best.monitor is "${monitor}", but the early stopper of validations watches "${watched ?? "loss"}". A run has one best state. Give both the same, or leave out best.monitor.`,
          );
        }
        this.defer(() => this.#checkpoints.close());
        await this.#checkpoints.open();
      }
      protected override async restore(): Promise<void> {
        await super.restore();
        const state = await this.#checkpoints.restore();
        if (state !== undefined) await this.#keepForeign(state);
      }
      protected override async onValidationEpochEnd(metrics: EpochMetrics): Promise<void> {
        const monitor = this.validEarlyStopper?.monitor ?? "loss";
        const value = metrics[monitor];
        if (this.#settings.best.keep > 1 && value !== undefined)
          this.#checkpoints.noteValidation({ monitor, value, step: this.progress.step });
        await super.onValidationEpochEnd(metrics);
      }
      protected override savePoint(kind: SavePointKind): Awaitable<void> {
        const inner = super.savePoint(kind);
        return inner === undefined ? this.#checkpoints.savePoint(kind) : inner.then(() => this.#checkpoints.savePoint(kind));
      }
      override async saveState(): Promise<StateRecord> {
        return { ...this.#foreign, ...(await super.saveState()) };
      }

      async #load(path: string | undefined, { strict = true }: { readonly strict?: boolean } = {}): Promise<WeightsMismatch> {
        await this.ready();
        let mismatch = none;
        if (this.passesOver("load()")) return none;
        const state = await this.#checkpoints.load(path, async (saved) => {
          if (strict) return saved;
          const fitting = withFittingWeights(saved, await this.modelWeights());
          mismatch = fitting.mismatch;
          return fitting.state;
        });
        await this.#keepForeign(state);
        return mismatch;
      }

      async #loadModel(path: string, options?: { readonly strict?: boolean }): Promise<WeightsMismatch> {
        await this.ready();
        if (this.passesOver("loadModel()")) return none;
        const { weights } = await readModel(this.#settings.storage, path);
        return this.setModelWeights(weights, options);
      }

      async #saveModel(path: string, { format = "safetensors" }: { readonly format?: ModelFormat } = {}): Promise<void> {
        await this.ready();
        const { storage } = this.#settings;
        const weights = await this.modelStateForUse();
        if (this.processGroup.rank > 0) return;
        if (format === "safetensors") return writeModel(storage, path, { weights, topology: topologyOf(this.model) });
        const { model } = this;
        if (!(model instanceof tf.LayersModel))
          throw stateManagerError(
            "NOT_A_LAYERS_MODEL",
            `saveModel() was asked for the format "tfjs", but the model is no tf.LayersModel. Save it as safetensors.`,
          );
        await this.withWeights(weights, () => writeTfjsModel(storage, path, model));
      }

      async #keepForeign(state: StateRecord): Promise<void> {
        const own = await super.saveState();
        const names = Object.keys(state).filter((name) => !Object.hasOwn(own, name));
        this.#foreign = Object.fromEntries(names.map((name) => [name, state[name]!]));
        if (names.length > 0)
          this.logger.info(
            `The checkpoint holds the state of ${names.join(", ")}, which this trainer has not. It is kept for one that has.`,
          );
      }
    }
    return StateManagerTrainer;
  },
});
