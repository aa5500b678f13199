import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cellsOf, loggedRun, rowsOf } from "./support/logged-run.js";

let folder: string;
let whole: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "file-logger-"));
  whole = join(folder, "whole");
  await loggedRun(whole);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("FileLogger resumes", () => {
  test.each([1, 3, 4, 8])("a run stopped at step %i without a doubled or missing row", async (stopAt) => {
    const own = join(folder, `stopped-${stopAt}`);
    await loggedRun(own, { stopAt });
    await loggedRun(own);
    expect(contentOf(own)).toEqual(contentOf(whole));
  });

  test("a run that was killed long after its last checkpoint, at any byte of a row", async () => {
    const bytes = readFileSync(join(whole, "run", "metrics.jsonl"));
    const rows = bytes.toString("latin1").split("\n");
    const first = rows.findIndex((row) => row.includes('"step":6')); // behind the checkpoint of step 4
    const start = rows.slice(0, first).join("\n").length + 1;
    const row = rows[first]!.length;
    for (const cut of [start, start + 1, start + Math.floor(row / 2), start + row, start + row + 1]) {
      const own = join(folder, `killed-${cut}`);
      cpSync(whole, own, { recursive: true });
      const checkpoints = join(own, "run", "checkpoints");
      for (const name of readdirSync(checkpoints))
        if (name !== "checkpoint_step_4.ckpt") rmSync(join(checkpoints, name), { recursive: true });
      truncateSync(join(own, "run", "metrics.jsonl"), cut);
      const lines = await loggedRun(own);
      expect(lines).toContain("Resumed from global_epoch: 2, global_step: 4");
      expect(lines.filter((line) => line.includes("not what its log says"))).toEqual([]);
      expect(contentOf(own)).toEqual(contentOf(whole));
    }
  });

  test("a run whose log lost rows that its checkpoint knows of: later rows keep their numbers", async () => {
    const own = join(folder, "lost");
    await loggedRun(own, { stopAt: 4 });
    const before = rowsOf(own).length;
    writeFileSync(join(own, "run", "metrics.jsonl"), "");
    await loggedRun(own);
    expect(rowsOf(own)).toEqual(rowsOf(whole).slice(before));
  });

  test("another run in the same folder: the rows that stood there move into a file of their own", async () => {
    const own = join(folder, "branch");
    await loggedRun(own, { stopAt: 4 });
    const old = rowsOf(own);
    rmSync(join(own, "run", "checkpoints"), { recursive: true });
    const lines = await loggedRun(own, { seed: 8, fileLogger: { directory: join(own, "run") } });
    expect(lines).toContainEqual(expect.stringMatching(/^The run is not what its log says from step \d on/));
    const rows = rowsOf(own);
    expect(rows).toHaveLength(rowsOf(whole).length);
    const aside = rowsOf(own, "metrics.rewound-1.jsonl");
    expect(aside).toEqual(old.slice(-aside.length));
    expect(rows[old.length - aside.length]).not.toEqual(aside[0]);
    expect(
      cellsOf(own)
        .slice(1)
        .map(([row]) => Number(row)),
    ).toEqual(rows.filter(({ kind }) => kind === "scalars").map(({ row }) => row));
  });
});

/** What a run has left: columns of the CSV stand in the order in which their process came to them. */
function contentOf(own: string) {
  const [header, ...cells] = cellsOf(own);
  const rows = cells.map((row) => Object.fromEntries(header!.map((name, i) => [name, row[i]])));
  return {
    lines: rowsOf(own),
    rows,
    images: readdirSync(join(own, "run", "images"), { recursive: true })
      .map(String)
      .sort(),
  };
}
