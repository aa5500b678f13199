import { migrateState, type StateRecord } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { defineAddOn, type AddOnBase, type Adds, type LogRecord } from "@snapfit/core";
import { rowText } from "@snapfit/logging";
import { AppendFile, RowLedger } from "@snapfit/logging/node";
import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import type { LoggedRows } from "../src/index.js";

/** What {@link ToyFileLogger} adds. */
export interface ToyFileLoggerMembers {
  readonly toyFileLogger: { /** Rows of the run, in all of its processes. */ readonly numRows: number };
}

/** Writes each record as a line of JSON into the run folder, on rank 0, each once, whenever the process dies. The smallest logger that passes the conformance suite. */
export const ToyFileLogger = defineAddOn({
  name: "ToyFileLogger",
  apply(Base: AddOnBase): Adds<ToyFileLoggerMembers> {
    abstract class ToyFileLoggerTrainer extends Base implements ToyFileLoggerMembers {
      #numRows = 0;
      #log: ToyLog | undefined;

      get toyFileLogger(): ToyFileLoggerMembers["toyFileLogger"] {
        return { numRows: this.#numRows };
      }

      protected override async setup(): Promise<void> {
        await super.setup();
        this.addLogSink({
          name: "ToyFileLogger",
          kinds: ["scalars", "text", "summary"],
          open: async () => {
            const folder = await this.runFolder(new DiskStorage());
            if (this.processGroup.rank === 0) this.#log = new ToyLog(folder, this.#numRows);
          },
          write: (record) => {
            this.#numRows += 1;
            this.#log?.write(record);
          },
        });
        this.defer(() => this.#log?.close());
      }
      override async saveState(): Promise<StateRecord> {
        return { ...(await super.saveState()), toyFileLogger: { version: 1, numRows: this.#numRows } };
      }
      override async loadState(state: StateRecord): Promise<void> {
        await super.loadState(state);
        const entry = migrateState("ToyFileLogger", state["toyFileLogger"] as StateRecord | undefined, 1);
        this.#numRows = Number(entry?.["numRows"] ?? 0);
        this.#log?.goTo(this.#numRows); // a state that is loaded after the sinks were opened
      }
    }
    return ToyFileLoggerTrainer;
  },
});

/** The files `toy.0.jsonl`, `toy.1.jsonl`, …, of which only the last one of a killed process may end in a torn line, and the ledger beside them. */
class ToyLog {
  readonly #folder: string;
  #segment: number;
  #file: AppendFile;
  #ledger: RowLedger;

  constructor(folder: string, numRows: number) {
    this.#folder = folder;
    this.#segment = Math.max(0, segmentsIn(folder).length - 1);
    this.#file = new AppendFile(pathOf(folder, this.#segment));
    this.#ledger = this.#openLedger(numRows);
    if (!endsWithLine(this.#file)) {
      this.#file.close();
      this.#segment += 1;
      this.#file = new AppendFile(pathOf(folder, this.#segment));
    }
  }

  goTo(numRows: number): void {
    this.#ledger.close();
    this.#ledger = this.#openLedger(numRows);
  }

  write(record: LogRecord): void {
    const row = rowText(record);
    const admission = this.#ledger.admit(row);
    if (admission === "replayed") return;
    const values = record.kind === "scalars" ? record.values : record.kind === "text" ? { [record.key]: record.text } : {};
    const pairs = Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "number" ? numberText(value) : JSON.stringify(value),
    ]);
    const line = JSON.stringify({ step: record.step, kind: record.kind, pairs, ...(admission === "rewound" && { rewind: true }) });
    const bytes = Buffer.from(`${line}\n`);
    try {
      this.#ledger.write(row, { segment: this.#segment, sizeBytes: this.#file.sizeBytes + bytes.length }, () => this.#file.append(bytes));
    } catch (error) {
      this.#ledger.lose();
      throw error;
    }
  }

  close(): void {
    this.#file.close();
    this.#ledger.close();
  }

  #openLedger(numRows: number): RowLedger {
    return new RowLedger(`${this.#folder}/toy.rows`, { segment: this.#segment, sizeBytes: this.#file.sizeBytes }, numRows);
  }
}

/** What {@link ToyFileLogger} has written into a run folder. */
export function readToyLog(folder: string): LoggedRows {
  const lines = segmentsIn(folder).flatMap((path) => readFileSync(path, "utf8").split("\n").slice(0, -1)); // behind the last newline is a torn row
  const rows = lines.map((line) => JSON.parse(line) as { step: number; kind: string; pairs: [string, string][]; rewind?: true });
  return {
    points: rows.flatMap(({ step, kind, pairs }) =>
      pairs.map(([name, text]) => ({ name, step, value: kind === "text" ? (JSON.parse(text) as string) : Number(text) })),
    ),
    numRewinds: rows.filter(({ rewind }) => rewind).length,
  };
}

function segmentsIn(folder: string): string[] {
  const paths: string[] = [];
  while (existsSync(pathOf(folder, paths.length))) paths.push(pathOf(folder, paths.length));
  return paths;
}

function pathOf(folder: string, segment: number): string {
  return `${folder}/toy.${segment}.jsonl`;
}

function endsWithLine({ path, sizeBytes }: AppendFile): boolean {
  if (sizeBytes === 0) return true;
  const last = Buffer.alloc(1);
  const descriptor = openSync(path, "r");
  readSync(descriptor, last, 0, 1, sizeBytes - 1);
  closeSync(descriptor);
  return last[0] === 10;
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
