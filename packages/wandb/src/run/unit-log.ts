import { RowLedger } from "@snapfit/logging/node";
import { join } from "node:path";
import type { TransactionLog } from "../log/transaction-log.js";
import { listFragments, makeFragment, type Fragment } from "./fragments.js";
import { putTornAside, readLogEnd, readPartOfRow, type PartOfRow } from "./log-end.js";

/** Where a run has left the rows of another one. */
export interface BranchPoint {
  /** The run that it was before. */
  readonly runId: string;
  /** Of the first row that differs. */
  readonly step: number;
}

/** What the log of a run is opened with. */
export interface UnitLogPlan {
  /** The folder `wandb`. */
  readonly folder: string;
  /** The run's identity if that is settled. */
  readonly runId: string | undefined;
  /** That of the restored state or of an unfinished run, where the folder says nothing. */
  readonly restoredRunId: string | undefined;
  /** Rows that the restored state knows of. */
  readonly numRestored: number;
  /** Makes the log of a fragment. @param isFirst whether the run has no fragment before this one */
  begin(fragment: Fragment, isFirst: boolean, branch?: BranchPoint): TransactionLog;
  /** Writes the last records of a log. */
  end(log: TransactionLog, exitCode: number): void;
  onBranch(branch: BranchPoint): void;
}

/** The log of a run over all of its processes: each writes a fragment of its own, and units that are in one already are not written again. */
export class UnitLog {
  readonly #plan: UnitLogPlan;
  #ledger: RowLedger;
  /** Number of the fragment, from 1. */
  #segment: number;
  #fragment: Fragment;
  #log: TransactionLog;
  #lastStep: number | undefined;
  #branch: BranchPoint | undefined;
  /** What is in the log of a row that is not complete. */
  part: PartOfRow | undefined;

  constructor(plan: UnitLogPlan) {
    this.#plan = plan;
    const { folder, runId, restoredRunId } = plan;
    const earlier = listFragments(folder);
    const { wholeBytes, lastStep } = readLogEnd(earlier);
    this.#lastStep = lastStep;
    const last = earlier.at(-1);
    if (last !== undefined) putTornAside(last, wholeBytes);
    this.#ledger = new RowLedger(this.#ledgerPath, { segment: earlier.length, sizeBytes: wholeBytes }, plan.numRestored);
    this.part = readPartOfRow(earlier, this.#ledger.place.end);
    this.#segment = earlier.length + 1;
    this.#fragment = makeFragment(folder, runId ?? last?.runId ?? restoredRunId ?? newRunId(), Date.now());
    this.#log = plan.begin(this.#fragment, this.#segment === 1);
  }

  get runId(): string {
    return this.#fragment.runId;
  }

  /** The one that is written now. */
  get fragment(): Fragment {
    return this.#fragment;
  }

  get numUnits(): number {
    return this.#ledger.numRows;
  }

  /** Those of this run, oldest first. */
  get fragments(): readonly Fragment[] {
    return listFragments(this.#plan.folder).filter(({ runId }) => runId === this.runId);
  }

  /** What `wandb sync` takes: the folder of the only fragment, or that of all. */
  get syncPath(): string {
    return this.#segment === 1 ? this.#fragment.path : this.#plan.folder;
  }

  /**
   * Writes what the log has not yet, as a whole or not at all.
   * @param text equal whenever the run does the same @param step @default that of the last row @returns whether it was written
   */
  unit(text: string, add: (log: TransactionLog) => void, step: number = this.#lastStep ?? 0): boolean {
    const admission = this.#ledger.admit(text);
    if (admission === "replayed") return false;
    const { runId } = this;
    const last = this.#lastStep ?? -1;
    // No run's steps go back.
    if (step < last || (step === last && admission === "rewound")) this.#branch = { runId, step };
    if (this.#branch !== undefined) this.#beginBranch(this.#branch);
    add(this.#log);
    try {
      this.#ledger.write(text, { segment: this.#segment, sizeBytes: this.#log.sizeBytes }, () => this.#log.commit());
    } catch (error) {
      this.#log.discard();
      throw error;
    }
    this.#lastStep = step;
    return true;
  }

  /** Writes a unit that is given up where it cannot be written: those that follow keep their numbers. */
  unitOnce(text: string, add: (log: TransactionLog) => void): void {
    try {
      this.unit(text, add);
    } catch (error) {
      this.#ledger.lose();
      throw error;
    }
  }

  /** Writes what is no unit: it may come again. */
  append(add: (log: TransactionLog) => void, step: number | undefined = this.#lastStep): void {
    add(this.#log);
    this.#log.commit();
    this.#lastStep = step;
  }

  /** Whether the run has come to all units that the log has. */
  get isAtEnd(): boolean {
    return this.#ledger.numExpected === 0;
  }

  /** Goes to the place of a saved state. */
  goTo(numUnits: number): void {
    this.#ledger.close();
    this.#ledger = new RowLedger(this.#ledgerPath, { segment: this.#segment, sizeBytes: this.#log.sizeBytes }, numUnits);
  }

  close(exitCode: number): void {
    this.#ledger.close();
    try {
      this.#plan.end(this.#log, exitCode);
    } finally {
      this.#log.close();
    }
  }

  #beginBranch(branch: BranchPoint): void {
    const fragment = makeFragment(this.#plan.folder, newRunId(), Date.now());
    const log = this.#plan.begin(fragment, true, branch);
    this.#plan.end(this.#log, 0);
    this.#log.close();
    this.#log = log;
    this.#fragment = fragment;
    this.#segment += 1;
    this.#branch = undefined;
    this.part = undefined;
    this.#plan.onBranch(branch);
  }

  get #ledgerPath(): string {
    return join(this.#plan.folder, "snapfit.rows");
  }
}

/** 8 letters and digits, as the official client's are. */
function newRunId(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from(crypto.getRandomValues(new Uint32Array(8)), (value) => letters[value % letters.length]).join("");
}
