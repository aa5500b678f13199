import type { StateRecord, Storage } from "@snapfit/base";
import { defineAddOn, type AddOnBase, type Adds, type LogRecord } from "@snapfit/core";

/** Options of {@link ToyLogger}. */
export interface ToyLoggerOptions {
  readonly toyLogger: { /** Where the file stands. */ readonly storage: Storage; /** @default "log.jsonl" */ readonly path?: string };
}

/** What {@link ToyLogger} adds. */
export interface ToyLoggerMembers {
  readonly toyLogger: { readonly numRows: number };
}

/** Writes each record as a line of JSON, on rank 0; counts them on all. Goes on counting after a resume. */
export const ToyLogger = defineAddOn({
  name: "ToyLogger",
  apply(Base: AddOnBase<ToyLoggerOptions>): Adds<ToyLoggerMembers> {
    abstract class ToyLoggerTrainer extends Base implements ToyLoggerMembers {
      readonly #options: ToyLoggerOptions["toyLogger"];
      #numRows = 0;

      constructor(options: ConstructorParameters<typeof Base>[0]) {
        super(options);
        this.#options = options.toyLogger;
      }

      get toyLogger(): ToyLoggerMembers["toyLogger"] {
        return { numRows: this.#numRows };
      }

      protected override async setup(): Promise<void> {
        await super.setup();
        this.addLogSink({ name: "ToyLogger", kinds: ["scalars", "text", "summary"], write: (record) => this.#write(record) });
      }
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), toyLogger: { numRows: this.#numRows } };
      }
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        this.#numRows = (state["toyLogger"] as { readonly numRows: number } | undefined)?.numRows ?? 0;
      }

      async #write(record: LogRecord): Promise<void> {
        this.#numRows += 1;
        if (this.processGroup.rank > 0) return;
        const { storage, path = "log.jsonl" } = this.#options;
        await storage.append(path, new TextEncoder().encode(`${JSON.stringify(record)}\n`));
      }
    }
    return ToyLoggerTrainer;
  },
});
