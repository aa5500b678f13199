import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { environmentPython } from "../../../benchmarks/step/python-environment.js";
import { Unavailable } from "../../../benchmarks/step/unavailable.js";
import { loggedRun, rowsOf } from "./support/logged-run.js";

const run = promisify(execFile);
const scratch = fileURLToPath(new URL("../../../.snapfit", import.meta.url));
const script = fileURLToPath(new URL("fixtures/read_run.py", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "file-logger-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("pandas reads every value of metrics.csv and metrics.jsonl as a number", async ({ skip }) => {
  let python: string;
  try {
    python = await environmentPython(scratch, { name: "pandas", packageName: "pandas", version: "3.1.1", beside: [] });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return skip(`pandas is not here: ${error.message}`);
  }
  await loggedRun(folder);
  const { stdout } = await run(python, [script, join(folder, "run")]);
  const found = JSON.parse(stdout) as Record<"types" | "table" | "values", Record<string, string[]>> & { rows: number[] };
  const rows = rowsOf(folder).filter(({ kind }) => kind === "scalars") as {
    row: number;
    key: string;
    values: Record<string, number | string>;
  }[];
  expect(found.rows).toEqual(rows.map(({ row }) => row));
  expect(found.table["row"]).toEqual(rows.map(({ row }) => String(row)));
  expect(found.table["key"]).toEqual(rows.map(({ key }) => `'${key}'`));
  const names = new Set(rows.flatMap(({ values }) => Object.keys(values)));
  for (const name of names) {
    const expected = rows.map(({ values }) => Number(values[name] ?? NaN));
    if (name !== "epoch") expect(found.types[name], name).toBe("float64");
    for (const column of name === "epoch" ? [found.values] : [found.table, found.values])
      expect(
        column[name]!.map((text) => Number(text.replace("nan", "NaN").replace("inf", "Infinity"))),
        name,
      ).toEqual(expected);
  }
});
