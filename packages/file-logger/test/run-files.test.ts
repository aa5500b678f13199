import { hostTensor } from "@snapfit/base";
import type { LogRecord } from "@snapfit/core";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RunFiles } from "../src/run-files.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "run-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (step: number) => ({ fit: 1, step, epoch: 1, key: "train" });
const scalars = (step: number, values: Record<string, number>): LogRecord => ({ ...at(step), kind: "scalars", values });
const lines = (name: string): string[] => readFileSync(join(folder, name), "utf8").trimEnd().split("\n");

test("100 000 rows, of which a resumed run repeats the last 1000", async () => {
  const values = (step: number): Record<string, number> => ({ "train/loss": 1 / (step + 1), "train/samples_per_second": Math.random() });
  await using(0, (files) => {
    for (let step = 0; step < 100_000; step++) void files.write(scalars(step, values(step)));
  });
  await using(99_000, (files) => {
    for (let step = 99_000; step < 100_001; step++) void files.write(scalars(step, values(step)));
  });
  for (const name of ["metrics.jsonl", "metrics.csv"]) {
    const rows = lines(name).slice(name === "metrics.csv" ? 1 : 0);
    expect(rows).toHaveLength(100_001);
    expect(rows.every((row, i) => row.startsWith(name === "metrics.csv" ? `${i},1,${i},` : `{"row":${i},"fit":1,"step":${i},`))).toBe(true);
  }
});

test("a text of a million characters, longer than what is read at once, and again after a resume", async () => {
  const text = "한글 🎉 and\nlines ".repeat(70_000);
  for (const numRestored of [0, 1, 0]) {
    await using(numRestored, (files) => {
      if (numRestored === 0) void files.write({ ...at(1), kind: "text", text });
      void files.write(scalars(2, { "train/loss": 1 }));
    });
  }
  const rows = lines("metrics.jsonl").map((line) => JSON.parse(line) as { text?: string });
  expect(rows.map((row) => row.text === text)).toEqual([true, false]);
  expect(lines("metrics.csv")).toHaveLength(2);
});

test("values by the clock do not make a repeated row another one", async () => {
  await using(0, (files) => void files.write(scalars(1, { "train/loss": 1, "train/samples_per_second": 5 })));
  await using(0, (files) => void files.write(scalars(1, { "train/loss": 1, "train/samples_per_second": 6 })));
  expect(lines("metrics.jsonl")).toHaveLength(1);
  expect(readdirSync(folder)).not.toContain("metrics.rewound-1.jsonl");
});

test("a key with a comma, quotes and a line end is one cell", async () => {
  await using(0, (files) => void files.write({ ...at(1), key: 'a,"b"\nc', kind: "scalars", values: { x: 1 } }));
  expect(readFileSync(join(folder, "metrics.csv"), "utf8")).toMatch(/^row,fit,step,epoch,time,key,x\n0,1,1,1,[\d.]+,"a,""b""\nc",1\n$/);
});

test("images of one name and step stand beside each other, and a name leads nowhere else", async () => {
  const image = (value: number, key: string): LogRecord => ({
    ...at(5),
    key,
    kind: "image",
    image: hostTensor(Uint8Array.of(value), [1, 1]),
  });
  await using(0, async (files) => {
    await files.write(image(1, "a b/c"));
    await files.write(image(2, "a b/c"));
    await files.write(image(1, "a b/c"));
    await files.write(image(1, "../../etc/.x:y"));
  });
  const paths = lines("metrics.jsonl").map((line) => (JSON.parse(line) as { path: string }).path);
  expect(paths).toEqual([
    "images/a b/c_000005.png",
    "images/a b/c_000005_2.png",
    "images/a b/c_000005.png",
    "images/_/_/etc/_x_y_000005.png",
  ]);
  expect(paths.every((path) => existsSync(join(folder, path)))).toBe(true);
});

test("a file that has changed is kept again; one that is gone when its row is repeated is not missed", async () => {
  const source = join(folder, "source.txt");
  const record: LogRecord = { ...at(1), key: "model", kind: "file", path: source };
  await using(0, async (files) => {
    for (const text of ["one", "one", "two"]) {
      writeFileSync(source, text);
      await files.write(record);
    }
  });
  const paths = ["files/model/source.txt", "files/model/source.txt", "files/model/source_2.txt"];
  expect(lines("metrics.jsonl").map((line) => (JSON.parse(line) as { path: string }).path)).toEqual(paths);
  rmSync(source);
  await using(2, async (files) => {
    await files.write(record);
    await expect(files.write(record)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
  expect(lines("metrics.jsonl")).toHaveLength(4);
});

async function using(numRestored: number, task: (files: RunFiles) => void | Promise<void>): Promise<void> {
  const files = new RunFiles(folder, numRestored, () => undefined);
  try {
    await task(files);
  } finally {
    files.close();
  }
}
