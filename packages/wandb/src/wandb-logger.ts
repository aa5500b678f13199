import { migrateState, type StateRecord, type StateTree } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import {
  consoleLogger,
  defineAddOn,
  type AddOnBase,
  type Adds,
  type Awaitable,
  type LogRecord,
  type RunInfo,
  type SavePointKind,
} from "@snapfit/core";
import { ThroughputMeter } from "@snapfit/logging";
import { systemFigures } from "@snapfit/logging/node";
import { basename, dirname, join } from "node:path";
import { ConsoleLines } from "./console-lines.js";
import { OnlineRun } from "./online-run.js";
import { RunLog, type SavedRun } from "./run/run-log.js";
import { UnfinishedRun } from "./run/unfinished-run.js";
import { sweepValues } from "./sweep.js";
import { resolveSettings, type ResolvedSettings, type WandBOptions } from "./wandb-options.js";

const STATE_VERSION = 1;
/** Exit codes of a run: it has done all, it has failed, it was interrupted. */
const EXIT = { done: 0, failed: 1, interrupted: 255 } as const;

/** What {@link WandBLogger} adds. */
export interface WandBMembers {
  readonly wandb: {
    /** The run's identity in its project; null before the trainer is ready, on ranks other than 0, and when disabled. */
    readonly runId: string | null;
    /** The page of the run; null offline, and until the service has answered. */
    readonly url: string | null;
    /** What `wandb sync` uploads; null where `runId` is. */
    readonly directory: string | null;
    /** Adds values to the run's config, or changes them. */
    updateConfig(values: Readonly<Record<string, StateTree>>): void;
  };
}

/**
 * Writes the run as a log of Weights & Biases.
 * @example
 * import { Trainer } from "@snapfit/core";
 * import { WandBLogger } from "@snapfit/wandb";
 *
 * const Logged = Trainer.addOn(WandBLogger); // new (class extends Logged { … })({ wandb: { project: "digits" }, … })
 */
export const WandBLogger = defineAddOn({
  name: "WandBLogger",
  optionNames: ["wandb"],
  apply(Base: AddOnBase<WandBOptions>): Adds<WandBMembers> {
    abstract class WandBTrainer extends Base implements WandBMembers {
      readonly #settings: ResolvedSettings;
      readonly #lines: ConsoleLines;
      readonly #throughput = new ThroughputMeter();
      #restored: SavedRun | undefined;
      #run: RunLog | undefined;
      readonly #locked: Readonly<Record<string, StateTree>>;
      #online: OnlineRun | undefined;
      /** With `resume: "auto"`. */
      #unfinished: UnfinishedRun | undefined;
      #stopFigures: (() => void) | undefined;
      #exitCode: number = EXIT.done;

      constructor(options: ConstructorParameters<typeof Base>[0]) {
        const lines = new ConsoleLines();
        super({ ...options, logger: lines.listenTo(options.logger ?? consoleLogger) });
        this.#settings = resolveSettings(options.wandb);
        this.#locked = this.#settings.sweepId === undefined ? {} : sweepValues();
        this.#lines = lines;
      }

      get wandb(): WandBMembers["wandb"] {
        const run = this.#run;
        return {
          runId: run?.runId ?? null,
          url: this.#online?.url ?? null,
          directory: run?.syncPath ?? null,
          updateConfig: (values) => {
            const locked = run?.updateConfig(values) ?? [];
            if (locked.length > 0) this.logger.warning(`W&B: the sweep has chosen ${locked.join(", ")}: the config keeps that.`);
          },
        };
      }

      protected override async setup(): Promise<void> {
        await super.setup();
        if (this.#settings.mode === "disabled" || this.processGroup.rank > 0) this.#lines.stop();
        if (this.#settings.mode === "disabled") return;
        this.addLogSink({
          name: "W&B",
          open: (run) => this.#open(run),
          write: (record) => this.#write(record),
          flush: () => this.#run?.flush(),
        });
        this.defer(() => this.#close());
      }
      protected override async onFitStart(): Promise<void> {
        await super.onFitStart();
        this.#exitCode = EXIT.failed; // until it ends in order
        this.#throughput.start(this.progress.samples);
      }
      protected override savePoint(kind: SavePointKind): Awaitable<void> {
        if (kind === "fitEnd") this.#exitCode = EXIT.done;
        if (kind === "stop") this.#exitCode = EXIT.interrupted;
        return super.savePoint(kind);
      }
      override async saveState(): Promise<StateRecord> {
        const state = await super.saveState();
        const own = this.#run?.saveState() ?? this.#restored ?? null;
        const shared = this.processGroup.size > 1 ? await this.processGroup.broadcast<StateTree>(own && { ...own }) : own && { ...own };
        return shared === null ? state : { ...state, wandBLogger: { version: STATE_VERSION, ...(shared as StateRecord) } };
      }
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        const entry = migrateState("WandBLogger", state["wandBLogger"] as StateRecord | undefined, STATE_VERSION);
        if (entry === undefined) return;
        const { numRows, rows, environment } = entry;
        this.#restored = {
          numRows: Number(numRows),
          rows: (rows ?? []) as readonly StateRecord[],
          environment: (environment ?? {}) as StateRecord,
        };
        this.#run?.restore(this.#restored);
      }

      async #open({ runName, rank }: RunInfo): Promise<void> {
        const runFolder = await this.runFolder(new DiskStorage());
        if (rank > 0) return;
        const settings = this.#settings;
        // Runs that share a directory are not parts of each other.
        const folder = join(settings.directory === undefined ? runFolder : join(settings.directory, basename(runFolder)), "wandb");
        if (settings.resume === "auto") this.#unfinished = new UnfinishedRun(settings.directory ?? dirname(runFolder));
        const run = new RunLog({
          folder,
          settings,
          name: runName,
          restored: this.#restored,
          unfinishedRunId: this.#unfinished?.runId,
          locked: this.#locked,
          onBranch: ({ runId, step }) => {
            this.logger.warning(
              `W&B: from step ${step} on this run differs from what run ${runId} has. It goes on as run ${run.runId}: ${run.syncCommand}`,
            );
            this.#unfinished?.begin(run.runId);
            void this.#online?.branch();
          },
        });
        this.#run = run;
        this.#unfinished?.begin(run.runId);
        this.#lines.writeTo(run);
        this.#stopFigures = systemFigures((figures) => run.stats(figures));
        const { mode, apiKey } = settings;
        if (mode === "online" && apiKey !== undefined) {
          const { logger } = this;
          this.#online = new OnlineRun({ run, folder, logger, settings: { ...settings, apiKey }, stop: (reason) => this.stop(reason) });
          return;
        }
        if (mode === "online") this.logger.warning("W&B: there is no key. Set WANDB_API_KEY, or log in with: wandb login");
        this.logger.info(`W&B: run ${run.runId} is logged offline. Upload it with: ${run.syncCommand}`);
      }

      #write(record: LogRecord): Awaitable<void> {
        if (record.kind === "config") return this.#run?.write({ ...record, values: withoutOwn(record.values) });
        const writing = this.#run?.write(this.#throughput.measured(record, this.progress.samples));
        if (record.kind !== "summary" || !this.#settings.logModel || this.bestModelState === undefined) return writing;
        return this.#run?.addModel(this.bestModelState); // a fit has ended
      }

      async #close(): Promise<void> {
        const run = this.#run;
        if (run === undefined) return;
        if (this.#online === undefined) this.logger.info(`W&B: run ${run.runId} has ended. Upload it with: ${run.syncCommand}`);
        this.#lines.stop();
        this.#stopFigures?.();
        try {
          run.close(this.#exitCode);
          if (this.#exitCode === EXIT.done) this.#unfinished?.end(run.runId);
        } catch (error) {
          this.logger.warning(`W&B: the end of run ${run.runId} could not be written: ${(error as Error).message}`);
        }
        await this.#online?.close();
      }
    }
    return WandBTrainer;
  },
});

/** Options of the trainer but for this add-on's: the service knows those. */
function withoutOwn(values: Readonly<Record<string, StateTree>>): Record<string, StateTree> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name !== "wandb"));
}
