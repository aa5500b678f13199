import { expect, test } from "vitest";
import { migrateState } from "../src/index.js";

const migrations = { 1: ({ decay }: { decay?: unknown }) => ({ decays: [decay as number] }), 2: (old: object) => ({ ...old, count: 0 }) };

test("an entry is brought forward version by version; without one it is of version 1", () => {
  expect(migrateState("Ema", { decay: 0.9 }, 3, migrations)).toEqual({ decays: [0.9], count: 0, version: 3 });
  expect(migrateState("Ema", { version: 2, decays: [] }, 3, migrations)).toEqual({ decays: [], count: 0, version: 3 });
});

test("one of today's version is taken as it is, and none stays none", () => {
  const entry = { version: 3, decays: [], count: 7 };
  expect(migrateState("Ema", entry, 3, migrations)).toBe(entry);
  expect(migrateState("Ema", undefined, 3, migrations)).toBeUndefined();
});

test("a later version, and one that nothing starts from, are refused", () => {
  expect(() => migrateState("Ema", { version: 4 }, 3, migrations)).toThrow(
    "The saved state of Ema has version 4. The installed one reads up to version 3. Install the version that wrote it, or a later one.",
  );
  expect(() => migrateState("Ema", { version: 1 }, 3, { 2: migrations[2] })).toThrow("The saved state of Ema has version 1.");
});
