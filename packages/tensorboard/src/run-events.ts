import type { LogRecord } from "@snapfit/core";
import { rowText } from "@snapfit/logging";
import { encodePng, type EncodedPng } from "@snapfit/logging/node";
import { summaryRecord } from "./event.js";
import { EventLog } from "./event-log.js";
import { sessionEnd, sessionStart } from "./hparams.js";
import type { Message } from "./message.js";
import { histogramValue, imageValue, scalarValue, textValue } from "./summary-values.js";

/** Kinds of records that TensorBoard can show. */
export const kinds = ["scalars", "text", "histogram", "image", "config", "summary"] as const satisfies readonly LogRecord["kind"][];

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

  write(record: LogRecord): void | Promise<void> {
    if (record.kind === "image") return encodePng(record.image).then((png) => this.#writeImage(record, png));
    if (record.kind !== "config") this.#writeRow(record.step, rowText(record), (timeMs) => recordsOf(record, timeMs));
    // TensorBoard takes the first config that it finds.
    else if (this.#log.isNew) this.#log.append(summaryRecord(0, [sessionStart(record.values, Date.now())], Date.now()));
    return undefined;
  }

  close(): void {
    this.#log.close();
  }

  #writeImage(record: LogRecord & { readonly kind: "image" }, png: EncodedPng): void {
    const { image: _, ...row } = record;
    const text = rowText({ ...row, png: Buffer.from(png.bytes).toString("latin1") } as typeof row);
    this.#writeRow(record.step, text, (timeMs) => [summaryRecord(record.step, [imageValue(record.key, png)], timeMs)]);
  }

  #writeRow(step: number, text: string, records: (timeMs: number) => readonly Uint8Array[]): void {
    const written = this.#log.write(text, () => Buffer.concat(records(Date.now())));
    if (written === "rewound") this.#onRewind(step);
  }
}

function recordsOf(record: LogRecord, timeMs: number): Uint8Array[] {
  if (record.kind === "scalars") return scalarRecords(record, timeMs);
  return [summaryRecord(record.step, valuesOf(record, timeMs), timeMs)];
}

function valuesOf(record: LogRecord, timeMs: number): Message[] {
  if (record.kind === "text") return [textValue(record.key, record.text)];
  if (record.kind === "histogram") return [histogramValue(record.key, record.edges, record.counts)];
  if (record.kind !== "summary") throw new Error(`internal: a record of kind ${record.kind} is not for TensorBoard`);
  const best = Object.entries(record.values).filter(
    (entry): entry is [string, number] => entry[0].startsWith("best/") && typeof entry[1] === "number",
  );
  return [...best.map(([name, value]) => scalarValue(name, value)), sessionEnd(timeMs)];
}

/** Values over the step; those of epochs and validations besides over the epoch. */
function scalarRecords({ step, epoch, key, values }: LogRecord & { readonly kind: "scalars" }, timeMs: number): Uint8Array[] {
  const overSteps = Object.entries(values).map(([name, value]) => scalarValue(name, value));
  const records = [summaryRecord(step, overSteps, timeMs)];
  if (key !== "epoch" && key !== "valid") return records;
  const overEpochs = Object.entries(values)
    .filter(([name]) => name !== "epoch")
    .map(([name, value]) => scalarValue(`epoch/${key === "epoch" ? name.replace(/_epoch$/, "") : name}`, value));
  return [...records, summaryRecord(epoch, overEpochs, timeMs)];
}
