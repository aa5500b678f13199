import { readFileSync } from "node:fs";
import { parseState, SnapfitError, stringifyState, type StateRecord } from "@snapfit/base";
import { expect, test } from "vitest";
import { reduceOnPlateau, type ReduceOnPlateauOptions } from "../src/index.js";

interface Case {
  readonly title: string;
  readonly mode: "max" | "min";
  readonly options: ReduceOnPlateauOptions;
  readonly values: (number | null)[];
  readonly factors: number[];
}

const { plateaus } = JSON.parse(readFileSync(new URL("fixtures/schedules.json", import.meta.url), "utf8")) as { plateaus: Case[] };

test.each(plateaus)("$title: equals PyTorch after every value, and from every saved state", ({ mode, options, values, factors }) => {
  let schedule = reduceOnPlateau(options);
  values.forEach((value, i) => {
    schedule.update(value ?? NaN, mode);
    expect(schedule.factor).toBeCloseTo(factors[i]!, 12);
    const resumed = reduceOnPlateau(options);
    resumed.loadState(parseState(stringifyState(schedule.saveState())) as StateRecord);
    schedule = resumed;
  });
  expect(Math.min(...factors)).toBeLessThan(1);
});

test("the rate falls at the first validation beyond the patience", () => {
  const schedule = reduceOnPlateau({ factor: 0.5, patience: 2 });
  const factors = [1, 1, 1, 1, 1].map((value) => {
    schedule.update(value, "min");
    return schedule.factor;
  });
  expect(factors).toEqual([1, 1, 1, 0.5, 0.5]);
});

test("the first value is an improvement, unless it is the worst or NaN", () => {
  const schedule = reduceOnPlateau({ factor: 0.5, patience: 0 });
  schedule.update(1e300, "min");
  expect(schedule.factor).toBe(1);
  for (const worst of [Infinity, NaN]) {
    const other = reduceOnPlateau({ factor: 0.5, patience: 0 });
    other.update(worst, "min");
    expect(other.factor).toBe(0.5);
  }
});

test("the factor does not fall below minFactor", () => {
  const schedule = reduceOnPlateau({ factor: 0.1, patience: 0, minFactor: 0.25 });
  for (let i = 0; i < 5; i++) schedule.update(1, "max");
  expect(schedule.factor).toBe(0.25);
});

test("a threshold can be given as relative, which a number is, or as absolute", () => {
  const run = (options: ReduceOnPlateauOptions): number => {
    const schedule = reduceOnPlateau({ patience: 0, factor: 0.5, ...options });
    for (const value of [10, 9.5]) schedule.update(value, "min");
    return schedule.factor;
  };
  expect([run({ threshold: 0.1 }), run({ threshold: { relative: 0.1 } }), run({ threshold: { absolute: 0.1 } })]).toEqual([0.5, 0.5, 1]);
});

test("monitor and mode are what was given", () => {
  const schedule = reduceOnPlateau({ monitor: "f1", mode: "max" });
  expect([schedule.unit, schedule.monitor, schedule.mode]).toEqual(["metric", "f1", "max"]);
  expect([reduceOnPlateau().monitor, reduceOnPlateau().mode]).toEqual([undefined, undefined]);
});

test.each([
  {},
  undefined,
  { factor: 2, best: 1, numBad: 0, cooldownLeft: 0 },
  { factor: 1, best: "1", numBad: 0, cooldownLeft: 0 },
  { factor: 1, best: 1, numBad: -1, cooldownLeft: 0 },
])("a malformed state is refused and changes nothing: %j", (state) => {
  const schedule = reduceOnPlateau();
  schedule.update(3, "min");
  const before = schedule.saveState();
  expect(() => schedule.loadState(state as StateRecord)).toThrow(SnapfitError);
  expect(schedule.saveState()).toEqual(before);
});
