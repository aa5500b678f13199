import { RowLedger, type LogSegment } from "@snapfit/logging/node";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const ROW_BYTES = 10;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "row-ledger-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("RowLedger", () => {
  test("takes rows that come again as replayed, and then new ones", () => {
    write(["a", "b", "c"]);
    const ledger = open(size(3), 1);
    expect(ledger.place).toEqual({ numMissing: 0, numExpected: 2, end: size(3) });
    expect([ledger.admit("b"), ledger.admit("c"), ledger.admit("d")]).toEqual(["replayed", "replayed", "new"]);
    expect(ledger.numRows).toBe(3);
    ledger.close();
  });

  test("takes a row that differs as the first one of a branch, and forgets what was expected after it", () => {
    write(["a", "b", "c"]);
    const ledger = open(size(3), 1);
    expect(ledger.admit("x")).toBe("rewound");
    expect(ledger.end).toEqual(size(1));
    ledger.write("x", size(2), written);
    expect([ledger.admit("c"), ledger.numRows]).toEqual(["new", 2]);
    ledger.close();
    expect(open(size(2)).numRows).toBe(2);
  });

  test("drops rows that the log does not have whole", () => {
    write(["a", "b", "c"]);
    expect(open({ segment: 0, sizeBytes: 29 }).numRows).toBe(2);
    write(["a", "b", "c"]);
    expect(open({ segment: 0, sizeBytes: 0 }).numRows).toBe(0);
  });

  test("keeps the numbers of rows where some are missing: a log that begins anew counts on", () => {
    const first = open(size(0), 5);
    expect(first.place).toEqual({ numMissing: 5, numExpected: 0, end: size(0) });
    for (const [i, row] of ["f", "g"].entries()) {
      expect(first.admit(row)).toBe("new");
      first.write(row, size(i + 1), written);
    }
    expect(first.numRows).toBe(7);
    first.close();
    const second = open(size(2), 6);
    expect([second.admit("g"), second.admit("h"), second.numRows]).toEqual(["replayed", "new", 7]);
    second.close();
  });

  test("leaves a missing row out when it comes again, since what came after it is there", () => {
    write(["a", "b", "c"]);
    const lossy = open(size(1), 3); // the power failed, and the log lost two rows that a state knows of
    expect([lossy.place.numMissing, lossy.admit("d")]).toEqual([2, "new"]);
    lossy.write("d", size(2), written);
    lossy.close();
    const ledger = open(size(2), 1);
    expect(["b", "c", "d", "e"].map((row) => ledger.admit(row))).toEqual(["replayed", "replayed", "replayed", "new"]);
    ledger.close();
  });

  test("a branch whose first row was torn, or could not be written, begins with the next one", () => {
    write(["a", "b", "c"]);
    const killed = open(size(3), 1);
    killed.admit("x");
    killed.write("x", size(4), written);
    killed.close();
    for (let i = 0; i < 2; i++) open({ segment: 0, sizeBytes: 39 }, 1).close(); // killed again before it logs
    const ledger = open({ segment: 1, sizeBytes: 0 }, 0);
    expect([ledger.admit("a"), ledger.admit("y")]).toEqual(["replayed", "rewound"]);
    expect(() => ledger.write("y", { segment: 1, sizeBytes: 10 }, refused)).toThrow("full");
    expect(ledger.admit("z")).toBe("rewound");
    ledger.write("z", { segment: 1, sizeBytes: 10 }, written);
    expect(ledger.admit("z2")).toBe("new");
    ledger.close();
  });

  test("a row that could not be written is not there: it is admitted again", () => {
    write(["a"]);
    const ledger = open(size(1));
    expect(() => ledger.write("b", size(2), refused)).toThrow("full");
    expect([ledger.numRows, ledger.end, ledger.admit("b")]).toEqual([1, size(1), "new"]);
    ledger.close();
    expect(open(size(2)).numRows).toBe(1);
  });

  test("a row that is given up keeps its number, and is left out when it comes again behind a row that followed it", () => {
    write(["a"]);
    const full = open(size(1));
    for (const row of ["b", "c"]) {
      expect(full.admit(row)).toBe("new");
      expect(() => full.write(row, size(2), refused)).toThrow("full");
      full.lose();
    }
    expect([full.numRows, full.end]).toEqual([3, size(1)]);
    expect(full.admit("d")).toBe("new");
    full.write("d", size(2), written);
    expect(full.numRows).toBe(4);
    full.close();
    const resumed = open(size(2), 1);
    expect(["b", "c", "d", "e"].map((row) => resumed.admit(row))).toEqual(["replayed", "replayed", "replayed", "new"]);
    resumed.close();
  });

  test("a row that is given up is written when it comes again, if nothing has followed it", () => {
    write(["a"]);
    const full = open(size(1));
    full.admit("b");
    full.lose();
    full.close();
    const resumed = open(size(1), 1);
    expect(resumed.admit("b")).toBe("new");
    resumed.write("b", size(2), written);
    resumed.close();
    const behind = open(size(1), 2); // from a state that knows of it
    expect([behind.place.numMissing, behind.numRows]).toEqual([1, 2]);
    behind.close();
  });

  test("a row may also be given up where the log has it: it is not told apart from those that come again", () => {
    write(["a", "b", "c"]);
    const ledger = open(size(3), 1);
    ledger.lose();
    expect([ledger.admit("c"), ledger.numRows, ledger.end]).toEqual(["replayed", 3, size(3)]);
    ledger.close();
  });

  test("a branch whose first rows are given up begins with the next one, also after a kill", () => {
    write(["a", "b", "c"]);
    const full = open(size(3), 1);
    expect(full.admit("x")).toBe("rewound");
    expect(() => full.write("x", { segment: 1, sizeBytes: 10 }, refused)).toThrow("full");
    full.lose();
    full.close();
    for (let i = 0; i < 2; i++) open(size(3), 2).close();
    const ledger = open(size(3), 2);
    expect([ledger.numRows, ledger.admit("y")]).toEqual([2, "rewound"]);
    ledger.write("y", { segment: 1, sizeBytes: 10 }, written);
    ledger.close();
    const resumed = open({ segment: 1, sizeBytes: 10 }, 0);
    expect(["a", "x", "y", "z"].map((row) => resumed.admit(row))).toEqual(["replayed", "replayed", "replayed", "new"]);
    resumed.close();
  });
});

function written(): void {}

function refused(): never {
  throw new Error("the disk is full");
}

function size(numRows: number): LogSegment {
  return { segment: 0, sizeBytes: numRows * ROW_BYTES };
}

function open(current: LogSegment, numRestored?: number): RowLedger {
  return new RowLedger(join(folder, "log.rows"), current, numRestored);
}

function write(rows: readonly string[]): void {
  const ledger = open(size(0), 0);
  for (const [i, row] of rows.entries()) ledger.write(row, size(i + 1), written);
  ledger.close();
}
