import type { AnyAddOn, LogKind } from "@snapfit/core";

/** One value as a logger keeps it: of a scalar, or of a text under its key. */
export interface LoggedPoint {
  readonly name: string;
  /** The trainer's step. */
  readonly step: number;
  readonly value: number | string;
}

/** All that a logger has written in one run folder, in all of the run's processes. */
export interface LoggedRows {
  /** In the order of the log. */
  readonly points: readonly LoggedPoint[];
  /** How often a resumed run that went another way began a branch, in whatever form the logger writes that. */
  readonly numRewinds: number;
}

/** A logger, and how to read back what it wrote. */
export interface LoggerUnderTest {
  /** For the trainer, such as `{ wandb: { mode: "offline" } }`; or a function that makes them for each run. */
  readonly options?: Readonly<Record<string, unknown>> | (() => Readonly<Record<string, unknown>>);
  /** Reads the logger's own format in a run folder, which a process may have left at any byte. */
  read(folder: string): LoggedRows | Promise<LoggedRows>;
  /** Which records `read` gives back. @default ["scalars", "text"] */
  readonly kinds?: readonly Extract<LogKind, "scalars" | "text">[];
  /** Of the numbers that `read` gives back. @default "float64" */
  readonly precision?: "float32" | "float64";
  /** Whether the format has finite numbers only, so that the logger leaves others out. @default false */
  readonly finiteOnly?: boolean;
}

/** Another logger to stand beside. */
export interface LoggerCompanion extends LoggerUnderTest {
  readonly addOn: AnyAddOn;
}

/** What the conformance suite has to know of a logger. */
export interface LoggerSettings extends LoggerUnderTest {
  /** Other loggers that it may stand beside: all together, in several orders. */
  readonly with?: readonly LoggerCompanion[];
  /** How many of the orders in which it may stand beside them are run, a sample by a seed; `Infinity` for all. @default 6 */
  readonly numOrders?: number;
  /** Tears the last record at each byte instead of some dozens. @default false */
  readonly everyByte?: boolean;
}
