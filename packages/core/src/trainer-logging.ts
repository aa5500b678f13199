import type { HostTensor } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import { sessionOf } from "./session-of.js";
import { TrainerSteps } from "./trainer-steps.js";

/** What users log, also within steps: queued, and resolved together at the next logging point. */
export abstract class TrainerLogging<Batch> extends TrainerSteps<Batch> {
  /** Logs a scalar. Names without a slash stand under `train/`, `valid/` or `test/`. */
  log(name: string, value: tf.Tensor | number): void {
    sessionOf(this).logs.scalar(name, value);
  }
  logText(name: string, text: string): void {
    sessionOf(this).logs.later(name, () => ({ kind: "text", text }));
  }
  /** Logs the distribution of values, counted in equal bins. */
  logHistogram(
    name: string,
    values: tf.Tensor | HostTensor | readonly number[],
    { numBins = 64 }: { readonly numBins?: number } = {},
  ): void {
    sessionOf(this).logs.histogram(name, values, numBins);
  }
  /** Logs an image [height, width] or [height, width, channels], uint8 or 0 to 1. */
  logImage(name: string, image: tf.Tensor | HostTensor): void {
    sessionOf(this).logs.image(name, image);
  }
  logTable(name: string, columns: readonly string[], rows: readonly (readonly (string | number | boolean | null)[])[]): void {
    sessionOf(this).logs.later(name, () => ({ kind: "table", columns, rows }));
  }
  logFile(name: string, path: string): void {
    sessionOf(this).logs.later(name, () => ({ kind: "file", path }));
  }
  alert(title: string, text: string, level: "info" | "warning" | "error" = "warning"): void {
    sessionOf(this).logs.later(title, () => ({ kind: "alert", title, text, level }));
  }
}
