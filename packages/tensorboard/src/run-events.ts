import type { StateTree } from "@snapfit/base";
import type { LogRecord } from "@snapfit/core";
import { rowText } from "@snapfit/logging";
import { encodePng, type EncodedPng } from "@snapfit/logging/node";
import { summaryRecord } from "./event.js";
import { EventLog } from "./event-log.js";
import { sessionEnd, sessionStart } from "./hparams.js";
import { histogramValue, imageValue, scalarValue, textValue, type SummaryValue } from "./summary-values.js";

/** Kinds of records that TensorBoard can show. */
export const kinds = [
  "scalars",
  "text",
  "histogram",
  "image",
  "table",
  "alert",
  "config",
  "summary",
] as const satisfies readonly LogRecord["kind"][];

/** How many events a record becomes. Each of them is a row of the log: a kill may come between them. */
export function numEventsOf({ kind, key }: LogRecord): number {
  if (kind === "config") return 0; // it stands before all rows
  return kind === "scalars" && isOverEpochs(key) ? 2 : 1;
}

/** Writes the records of a run as events. */
export class RunEvents {
  readonly #log: EventLog;
  readonly #onRewind: (step: number) => void;

  /** @param numRestored rows that the restored state knows of @param onRewind told of the step from which on other rows stood there */
  constructor(folder: string, numRestored: number, onRewind: (step: number) => void) {
    this.#log = new EventLog(folder, numRestored);
    this.#onRewind = onRewind;
  }

  /** Goes on behind the rows that a state knows of. */
  restore(numRows: number): void {
    this.#log.restore(numRows);
  }

  /** @throws SnapfitError with a code of storages, or of the record; what it has not written is lost then */
  write(record: LogRecord): void | Promise<void> {
    const numRows = this.#log.numRows + numEventsOf(record);
    try {
      const writing = this.#write(record);
      return writing?.catch((error: unknown) => this.#lose(numRows, error));
    } catch (error) {
      this.#lose(numRows, error);
    }
  }

  close(): void {
    this.#log.close();
  }

  #write(record: LogRecord): void | Promise<void> {
    if (record.kind === "image") return encodePng(record.image).then((png) => this.#writeImage(record, png));
    if (record.kind === "config") this.#writeConfig(record.values);
    else if (record.kind === "scalars") this.#writeScalars(record);
    else this.#writeRow(record.step, rowText(record), (timeMs) => summaryRecord(record.step, valuesOf(record, timeMs), timeMs));
    return undefined;
  }

  /** The rows that follow keep their numbers. */
  #lose(numRows: number, error: unknown): never {
    while (this.#log.numRows < numRows) this.#log.lose();
    throw error;
  }

  /** TensorBoard takes the first one that it finds. */
  #writeConfig(values: Readonly<Record<string, StateTree>>): void {
    const timeMs = Date.now();
    if (this.#log.isNew) this.#log.append(summaryRecord(0, [sessionStart(values, timeMs)], timeMs));
  }

  /** Values over the step; those of epochs and validations besides over the epoch. */
  #writeScalars(record: LogRecord & { readonly kind: "scalars" }): void {
    const { step, epoch, key } = record;
    const text = rowText(record);
    const values = Object.entries(record.values);
    this.#writeRow(step, text, (timeMs) =>
      summaryRecord(
        step,
        values.map(([name, value]) => scalarValue(name, value)),
        timeMs,
      ),
    );
    if (!isOverEpochs(key)) return;
    const overEpochs = values
      .filter(([name]) => name !== "epoch")
      .map(([name, value]) => scalarValue(`epoch/${key === "epoch" ? name.replace(/_epoch$/, "") : name}`, value));
    this.#writeRow(step, `${text}\nover the epoch`, (timeMs) => summaryRecord(epoch, overEpochs, timeMs));
  }

  #writeImage(record: LogRecord & { readonly kind: "image" }, png: EncodedPng): void {
    const { image: _, ...row } = record;
    const text = rowText({ ...row, png: Buffer.from(png.bytes).toString("latin1") } as typeof row);
    this.#writeRow(record.step, text, (timeMs) => summaryRecord(record.step, [imageValue(record.key, png)], timeMs));
  }

  #writeRow(step: number, text: string, record: (timeMs: number) => Uint8Array): void {
    if (this.#log.write(text, () => record(Date.now())) === "rewound") this.#onRewind(step);
  }
}

function isOverEpochs(key: string): boolean {
  return key === "epoch" || key === "valid";
}

/** What is not scalars. */
function valuesOf(record: LogRecord, timeMs: number): SummaryValue[] {
  if (record.kind === "text") return [textValue(record.key, record.text)];
  if (record.kind === "alert") return [textValue("alerts", `[${record.level}] ${record.title}: ${record.text}`)];
  if (record.kind === "table") return [textValue(record.key, markdownTable(record))];
  if (record.kind === "histogram") return [histogramValue(record.key, record.edges, record.counts)];
  if (record.kind !== "summary") throw new Error(`internal: a record of kind ${record.kind} is not for TensorBoard`);
  const best = Object.entries(record.values).filter(
    (entry): entry is [string, number] => entry[0].startsWith("best/") && typeof entry[1] === "number",
  );
  return [...best.map(([name, value]) => scalarValue(name, value)), sessionEnd(timeMs)];
}

/** TensorBoard shows texts as Markdown. */
function markdownTable({ columns, rows }: LogRecord & { readonly kind: "table" }): string {
  const line = (cells: readonly unknown[]): string =>
    `| ${cells
      .map((cell) =>
        String(cell ?? "")
          .replaceAll("|", "\\|")
          .replaceAll("\n", " "),
      )
      .join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}
