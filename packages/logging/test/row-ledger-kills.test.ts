import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesOf, LineLog, linesIn, tear } from "./support/line-log.js";

/** A process: from which of the states it could have, how many rows it writes, whether it does something else from some row on, and where it is killed in its last write. */
interface Life {
  /** In [0, 1] of the rows that were logged. */
  readonly from: number;
  readonly numRows: number;
  /** Rows after which it differs from those before it; none if it does not. */
  readonly differsAfter: number | undefined;
  readonly killedAt: number;
}

const lives = fc.array(
  fc.record<Life>({
    from: fc.oneof(
      fc.constant(1),
      fc.nat(100).map((percent) => percent / 100),
    ),
    numRows: fc.integer({ min: 1, max: 6 }),
    differsAfter: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 4 }) }),
    killedAt: fc.nat(999).map((part) => part / 1000),
  }),
  { minLength: 1, maxLength: 8 },
);

/** Rows by their numbers: the same text as long as the run does the same. */
class Runs {
  #names: string[] = [];
  #numBranches = 0;

  row(index: number): string {
    return (this.#names[index] ??= `row ${index} of run ${this.#numBranches}`);
  }

  differFrom(index: number): void {
    this.#names.length = Math.min(this.#names.length, index);
    this.#numBranches += 1;
  }
}

test("killed at any byte of ledger and log, from any state before it, again and again: every row once, and a branch wherever a run differs", () => {
  fc.assert(
    fc.property(lives, (all) => {
      const folder = mkdtempSync(join(tmpdir(), "row-ledger-"));
      const runs = new Runs();
      /** Rows that the log has, by number; and what its lines are. */
      let rows: string[] = [];
      const lines: string[] = [];
      let isBranchDue = false;
      for (const { from, numRows, differsAfter, killedAt } of all) {
        const start = Math.floor(from * rows.length);
        if (differsAfter !== undefined) runs.differFrom(start + differsAfter);
        const log = new LineLog(folder, start);
        for (let i = start; i < start + numRows; i++) {
          const before = filesOf(folder);
          const row = runs.row(i);
          log.write(row);
          const isWhole = i < start + numRows - 1 || tear(folder, before, killedAt);
          if (rows[i] === row) continue;
          const isBranch: boolean = isBranchDue || i < rows.length;
          const isLost = !isWhole && filesOf(folder).ledger.equals(before.ledger); // killed before it began
          if (isLost) continue;
          rows = rows.slice(0, i);
          isBranchDue = isBranch && !isWhole;
          if (!isWhole) continue;
          rows.push(row);
          lines.push(`${isBranch ? "branch " : ""}${row}`);
        }
        log.close();
        expect(linesIn(folder)).toEqual(lines);
      }
      rmSync(folder, { recursive: true });
    }),
    { numRuns: 300, seed: 6 },
  );
});
