import type { HostTensor, StateTree } from "@snapfit/base";

/** What every record carries: (fit, step, kind, key) is unique in a run, so that a row written twice can be recognised. */
export interface LogRow {
  readonly fit: number;
  /** Optimizer steps over all fits. */
  readonly step: number;
  /** Epochs over all fits. */
  readonly epoch: number;
  /** `train` (since the last logging point), `epoch`, `valid`, `test`, or the name given to a log call. */
  readonly key: string;
}

/** One record for loggers. Names stand in paths such as `train/loss`, `train/lr`, `valid/acc`, `train/loss_epoch`. */
export type LogRecord = LogRow &
  (
    | { readonly kind: "scalars"; readonly values: Readonly<Record<string, number>> }
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "histogram"; readonly edges: readonly number[]; readonly counts: readonly number[] }
    | { readonly kind: "image"; readonly image: HostTensor }
    | {
        readonly kind: "table";
        readonly columns: readonly string[];
        readonly rows: readonly (readonly (string | number | boolean | null)[])[];
      }
    | { readonly kind: "file"; readonly path: string }
    | { readonly kind: "alert"; readonly title: string; readonly text: string; readonly level: "info" | "warning" | "error" }
    | { readonly kind: "config" | "summary"; readonly values: Readonly<Record<string, StateTree>> }
  );

/** The kinds of records. */
export type LogKind = LogRecord["kind"];

/** What a sink is told when it is opened. */
export interface RunInfo {
  readonly runName: string;
  /** Optimizer steps done before: 0 unless the run was resumed. */
  readonly step: number;
  readonly rank: number;
}

/** Where log records go. The core calls each sink in isolation: one that throws is reported once and does not disturb the others. */
export interface LogSink {
  /** For messages. */
  readonly name: string;
  /** What it takes. Records of other kinds are counted and named once. @default all */
  readonly kinds?: readonly LogKind[];
  open?(run: RunInfo): void | Promise<void>;
  write(record: LogRecord): void | Promise<void>;
  /** After each fit, and before the process ends. */
  flush?(): void | Promise<void>;
}

/** Counts of `values` in equal bins between their smallest and largest finite one. */
export function histogramOf(values: ArrayLike<number>, numBins = 64): { edges: number[]; counts: number[] } {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  if (low > high) [low, high] = [0, 0];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const counts = Array.from({ length: numBins }, () => 0);
  const width = (high - low) / numBins;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) counts[Math.min(numBins - 1, Math.floor((values[i]! - low) / width))]! += 1;
  }
  return { edges: Array.from({ length: numBins + 1 }, (_, i) => low + i * width), counts };
}
