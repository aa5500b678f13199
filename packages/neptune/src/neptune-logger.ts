import { migrateState, type StateRecord, type StateTree } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { defineAddOn, type AddOnBase, type Adds, type Awaitable, type LogRecord, type RunInfo, type SavePointKind } from "@snapfit/core";
import { ThroughputMeter } from "@snapfit/logging";
import { join } from "node:path";
import { resolveSettings, type NeptuneOptions, type ResolvedSettings } from "./neptune-options.js";
import { monitor } from "./run/monitoring.js";
import { RunLog } from "./run/run-log.js";
import { readToken } from "./upload/api-token.js";
import { RunUploads } from "./upload/run-uploads.js";
import { isRow, rowKinds, RunPosition } from "./run/run-position.js";

const STATE_VERSION = 1;
const WORKS_WITH = "Minfx and self-hosted Neptune 2.x take it (the hosted service closed in March 2026)";

/** What {@link NeptuneLogger} adds. */
export interface NeptuneMembers {
  readonly neptune: {
    /** What is uploaded: a directory in the form of the official client. Undefined before the trainer is ready, on ranks other than 0, and in mode `debug`. */
    readonly directory: string | undefined;
    /** Page of the run; undefined offline, and until the server knows the run. */
    readonly url: string | undefined;
  };
}

/**
 * Writes the run in the format of Neptune 2.x, which Minfx and self-hosted servers read.
 * @example
 * import { Trainer } from "@snapfit/core";
 * import { NeptuneLogger } from "@snapfit/neptune";
 *
 * const Logged = Trainer.addOn(NeptuneLogger); // new (class extends Logged { … })({ neptune: { tags: ["digits"] }, … })
 */
export const NeptuneLogger = defineAddOn({
  name: "NeptuneLogger",
  optionNames: ["neptune"],
  apply(Base: AddOnBase<NeptuneOptions>): Adds<NeptuneMembers> {
    abstract class NeptuneTrainer extends Base implements NeptuneMembers {
      readonly #settings: ResolvedSettings;
      readonly #position = new RunPosition();
      readonly #throughput = new ThroughputMeter();
      #run: RunLog | undefined;
      #uploads: RunUploads | undefined;
      #stopMonitoring: (() => void) | undefined;
      #hasFailed = false;
      #hasDropped = false;

      constructor(options: ConstructorParameters<typeof Base>[0]) {
        super(options);
        this.#settings = resolveSettings(options.neptune);
      }

      get neptune(): NeptuneMembers["neptune"] {
        return { directory: this.#run?.directory.path, url: this.#uploads?.url };
      }

      protected override async setup(): Promise<void> {
        await super.setup();
        if (this.#settings.mode === "debug") return;
        this.addLogSink({
          name: "Neptune",
          kinds: [...rowKinds, "config"],
          open: (run) => this.#open(run),
          write: (record) => this.#write(record),
        });
        this.defer(() => this.#close());
      }
      protected override async onFitStart(): Promise<void> {
        await super.onFitStart();
        this.#hasFailed = true; // until it ends in order
        this.#throughput.start(this.progress.samples);
      }
      protected override savePoint(kind: SavePointKind): Awaitable<void> {
        if (kind === "fitEnd" || kind === "stop") this.#hasFailed = false;
        return super.savePoint(kind);
      }
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), neptuneLogger: { version: STATE_VERSION, ...this.#position.saveState() } };
      }
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        const entry = migrateState("NeptuneLogger", state["neptuneLogger"] as StateRecord | undefined, STATE_VERSION);
        this.#position.loadState(entry ?? {});
        this.#run?.restore(this.#position.numRows);
      }

      async #open({ runName, rank }: RunInfo): Promise<void> {
        const folder = this.#settings.directory ?? (await this.runFolder(new DiskStorage()));
        if (rank > 0) return;
        const run = new RunLog({
          folder: join(folder, ".neptune"),
          settings: this.#settings,
          name: this.#settings.name ?? runName,
          numRestored: this.#position.numRows,
          onBranch: (step) => {
            this.logger.warning(
              `Neptune: from step ${step} on this run differs from what its log has. It goes on as a run of its own, in ${this.#run?.directory.path}.`,
            );
            this.#uploads?.begin();
          },
          onDrop: (name, value, step) => this.#warnOfDrop(name, value, step),
        });
        this.#run = run;
        if (this.#settings.monitoring) this.#stopMonitoring = monitor((operations) => run.append(operations));
        this.#uploads = this.#settings.mode === "async" ? this.#startUploads(run, folder) : undefined;
        if (this.#uploads === undefined)
          this.logger.info(`Neptune: logged offline in ${run.directory.path}. ${WORKS_WITH}: minfx sync or ${this.#syncCommand(folder)}`);
      }

      #startUploads(run: RunLog, folder: string): RunUploads | undefined {
        const { project } = this.#settings;
        const token = readToken(process.env["NEPTUNE_API_TOKEN"]);
        if (typeof token === "string" || project === undefined) {
          this.logger.warning(`Neptune: ${typeof token === "string" ? token : "neptune.project is not set"}. The run is logged offline.`);
          return undefined;
        }
        this.logger.info(`Neptune: logged in ${run.directory.path}, and uploaded to ${token.address}. ${WORKS_WITH}.`);
        return new RunUploads({
          run,
          token,
          project,
          syncCommand: this.#syncCommand(folder),
          info: (line) => this.logger.info(line),
          warn: (line) => this.logger.warning(line),
        });
      }

      #syncCommand(folder: string): string {
        return `neptune sync --path ${quoted(folder)} --project ${quoted(this.#settings.project ?? "workspace/name")}`;
      }

      #write(record: LogRecord): void | Promise<void> {
        if (record.kind === "config") return this.#run?.writeParameters(withoutOwn(record.values));
        if (!isRow(record)) return undefined;
        const steps = this.#position.advance(record);
        if (record.kind === "summary" && this.#settings.logModel && this.bestModelState !== undefined)
          return this.#run?.writeEnd(record, this.bestModelState);
        return this.#run?.write(this.#throughput.measured(record, this.progress.samples), steps);
      }

      #warnOfDrop(name: string, value: number, step: number): void {
        if (this.#hasDropped) return;
        this.#hasDropped = true;
        this.logger.warning(
          `Neptune: ${name} is ${value} at step ${step} and is left out: the format has finite numbers only. Further ones are not named.`,
        );
      }

      async #close(): Promise<void> {
        this.#stopMonitoring?.();
        this.#stopMonitoring = undefined;
        try {
          this.#run?.close(this.#hasFailed);
        } catch (error) {
          this.logger.warning(`Neptune: the end of the run could not be written: ${(error as Error).message}`);
        }
        await this.#uploads?.finish();
        this.#run = undefined;
      }
    }
    return NeptuneTrainer;
  },
});

/** Options of the trainer but for this add-on's. */
function withoutOwn(values: Readonly<Record<string, StateTree>>): Record<string, StateTree> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name !== "neptune"));
}

/** As a word of a command line. */
function quoted(text: string): string {
  return /^[\w./:\\-]+$/.test(text) ? text : JSON.stringify(text);
}
