import { hostTensor } from "@snapfit/base";
import type { LogRecord } from "@snapfit/core";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dataOf, readTfRecords } from "../src/tf-record.js";
import { RunEvents } from "../src/run-events.js";
import { readEvents } from "./support/read-events.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "run-events-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (step: number) => ({ fit: 1, step, epoch: 1, key: "train" });
const scalars = (step: number): LogRecord => ({
  ...at(step),
  kind: "scalars",
  values: { "train/loss": step, "train/samples_per_second": Math.random() },
});
const files = (): string[] => readdirSync(folder).filter((name) => name.includes("tfevents"));

test("100 000 rows, of which a resumed run repeats the last 1000", async () => {
  await withEvents(0, (events) => {
    for (let step = 0; step < 100_000; step++) void events.write(scalars(step));
  });
  await withEvents(99_000, (events) => {
    for (let step = 99_000; step < 100_001; step++) void events.write(scalars(step));
  });
  const [name] = files();
  const records = Array.from(readTfRecords(join(folder, name!)), (record) => dataOf(record).length);
  expect(files()).toHaveLength(1);
  expect(records).toHaveLength(2 + 100_001);
});

test("a text of a million characters, also where it is repeated after a restart from the beginning", async () => {
  const text = "한글 🎉 and\nlines ".repeat(70_000);
  const row: LogRecord = { ...at(1), key: "note", kind: "text", text };
  await withEvents(0, (events) => {
    void events.write(row);
    void events.write(scalars(2));
  });
  await withEvents(0, (events) => {
    void events.write(row);
    void events.write(scalars(3));
  });
  expect(files()).toHaveLength(2);
  expect(readEvents(folder)).toMatchObject({ note: [{ step: 1, value: text }], "train/loss": [{ step: 3, value: 3 }] });
});

test("an image that comes again is the same one, another one begins a branch", async () => {
  const image = (value: number): LogRecord => ({ ...at(5), kind: "image", image: hostTensor(Uint8Array.of(value), [1, 1]) });
  const rewound: number[] = [];
  for (const values of [
    [1, 2],
    [1, 2],
    [1, 3],
  ]) {
    await withEvents(
      0,
      async (events) => {
        for (const value of values) await events.write(image(value));
      },
      rewound,
    );
  }
  expect(rewound).toEqual([5]);
  expect(readEvents(folder)["train"]).toHaveLength(2);
});

test("a table is a text in Markdown", async () => {
  const table = {
    kind: "table",
    columns: ["class", "mistakes"],
    rows: [
      ["a|b", 3],
      ["c", null],
    ],
  } as const;
  await withEvents(0, (events) => void events.write({ ...at(4), key: "classes", ...table }));
  expect(readEvents(folder)).toEqual({
    classes: [{ step: 4, value: "| class | mistakes |\n| --- | --- |\n| a\\|b | 3 |\n| c |  |" }],
  });
});

async function withEvents(numRestored: number, task: (events: RunEvents) => void | Promise<void>, rewound: number[] = []): Promise<void> {
  const events = new RunEvents(folder, numRestored, (step) => rewound.push(step));
  try {
    await task(events);
  } finally {
    events.close();
  }
}
