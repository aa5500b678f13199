import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sourceStamp } from "../lib/source-stamp.mjs";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "snapfit-stamp-"));
  mkdirSync(join(folder, "src/node"), { recursive: true });
  writeFileSync(join(folder, "src/index.ts"), "export {};");
  writeFileSync(join(folder, "src/node/index.ts"), "export {};");
});
afterEach(() => rmSync(folder, { recursive: true }));

const stamp = () => sourceStamp(folder, ["src", "package.json"]);

test("the stamp stays while no file changes", () => {
  expect(stamp()).toBe(stamp());
});

test.each<[string, () => void]>([
  ["a file is added", () => writeFileSync(join(folder, "src/new.ts"), "")],
  ["a named file appears", () => writeFileSync(join(folder, "package.json"), "{}")],
  ["a file in a sub-folder goes", () => rmSync(join(folder, "src/node/index.ts"))],
  ["a file is renamed", () => renameSync(join(folder, "src/index.ts"), join(folder, "src/main.ts"))],
  ["a file grows", () => writeFileSync(join(folder, "src/index.ts"), "export {}; // more")],
  ["a file is touched", () => utimesSync(join(folder, "src/index.ts"), 1, 1)],
])("the stamp changes when %s", (_what, change) => {
  const before = stamp();
  change();
  expect(stamp()).not.toBe(before);
});

test("files outside of the named paths do not matter", () => {
  const before = stamp();
  writeFileSync(join(folder, "notes.txt"), "x");
  expect(stamp()).toBe(before);
});
