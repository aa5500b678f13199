import { DiskStorage } from "@snapfit/base/node";
import type { BestModelState, LogRecord } from "@snapfit/core";
import { encodePng } from "@snapfit/logging/node";
import { fromHostTensors, writeSafetensors } from "@snapfit/safetensors";
import { basename, join } from "node:path";
import { keepFile, pathOfName } from "./kept-files.js";
import { MetricsCsv } from "./metrics-csv.js";
import { MetricsLog, type Written } from "./metrics-log.js";
import { isRow, jsonSafe, metricsRow, type RowRecord } from "./metrics-row.js";
import { writeJson } from "./replace-file.js";

/** The files of a run that hold its records. */
export class RunFiles {
  readonly #folder: string;
  readonly #onRewind: (step: number) => void;
  #log: MetricsLog;
  readonly #csv: MetricsCsv;

  /** @param numRestored rows that the restored state knows of @param onRewind told of the step from which on other rows stood there */
  constructor(folder: string, numRestored: number, onRewind: (step: number) => void) {
    this.#folder = folder;
    this.#onRewind = onRewind;
    this.#log = new MetricsLog(join(folder, "metrics.jsonl"), numRestored);
    this.#csv = new MetricsCsv(join(folder, "metrics.csv"), this.#log.path);
  }

  /** Goes on behind the rows that a state knows of. */
  restore(numRows: number): void {
    this.#log.close();
    this.#log = new MetricsLog(this.#log.path, numRows);
  }

  write(record: LogRecord): void | Promise<void> {
    if (!isRow(record)) return writeJson(join(this.#folder, `${record.kind}.json`), jsonSafe(record.values));
    if (record.kind === "image") return this.#writeImage(record);
    if (record.kind === "file") return this.#writeFile(record);
    const { fit: _fit, step: _step, epoch: _epoch, kind: _kind, key: _key, ...content } = record;
    this.#writeRow(record, jsonSafe(content) as object);
    return undefined;
  }

  /** Puts the best weights in the place of those that were there. @throws SnapfitError with a code of storages */
  async writeModel({ weights, monitor, value, epoch, step }: BestModelState): Promise<void> {
    const tensors = fromHostTensors(weights);
    const metadata = { monitor, value: String(value), epoch: String(epoch), step: String(step) };
    await writeSafetensors(new DiskStorage(), join(this.#folder, "best_model.safetensors"), tensors, { metadata });
  }

  close(): void {
    this.#log.close();
    this.#csv.close();
  }

  #writeRow(record: RowRecord, content: object): Written {
    const row = metricsRow(this.#log.numRows, record, content);
    const written = this.#log.write(row);
    if (written === "rewound") {
      this.#csv.rebuild();
      this.#onRewind(record.step);
    } else if (written === "new" && row.values !== undefined) this.#csv.add(row);
    return written;
  }

  async #writeImage(record: RowRecord & { readonly kind: "image" }): Promise<void> {
    const name = `images/${pathOfName(record.key)}_${String(record.step).padStart(6, "0")}.png`;
    let content: object;
    try {
      const { bytes, width, height, numChannels } = await encodePng(record.image);
      content = { path: await keepFile(this.#folder, name, bytes), width, height, numChannels };
    } catch (error) {
      this.#log.lose();
      throw error;
    }
    this.#writeRow(record, content);
  }

  /** A row that comes again does not need the file any more, which may be gone by then. */
  async #writeFile(record: RowRecord & { readonly kind: "file" }): Promise<void> {
    const source = record.path;
    const kept = await keepFile(this.#folder, `files/${pathOfName(record.key)}/${basename(source)}`, source).catch((error: Error) => error);
    const isLost = kept instanceof Error;
    if (this.#writeRow(record, { source, path: isLost ? null : kept }) !== "replayed" && isLost) throw kept;
  }
}
