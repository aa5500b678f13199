import { describe, expect, test } from "vitest";
import { epochLine, formatEpoch, formatTime, formatValues } from "../src/console/format.js";

test.each([
  [0, "0.0s"],
  [8.23, "8.2s"],
  [9.94, "9.9s"],
  [9.96, "10s"],
  [45.4, "45s"],
  [59.4, "59s"],
  [59.6, "1m 0s"],
  [135, "2m 15s"],
  [3599.4, "59m 59s"],
  [3599.6, "1h 00m"],
  [10_920, "3h 02m"],
  [86_400 * 2, "48h 00m"],
  [Infinity, "?"],
  [NaN, "?"],
])("%d seconds are %s", (seconds, text) => expect(formatTime(seconds)).toBe(text));

test("values have three decimals, in their order", () => {
  expect(formatValues({ loss: 0.0234, acc: 0.99, n: NaN })).toBe("loss:0.023, acc:0.990, n:NaN");
  expect(formatValues({ zero: -0.0004, below: -0.0006, none: -0 })).toBe("zero:0.000, below:-0.001, none:0.000");
  expect(formatValues({})).toBe("");
});

describe("an epoch", () => {
  test("is padded to the width of the last one", () => {
    expect([formatEpoch(3, 50), formatEpoch(3, 5), formatEpoch(50, 50), formatEpoch(3, 1000), formatEpoch(7, undefined)]).toEqual([
      "[ 3/50]",
      "[3/5]",
      "[50/50]",
      "[   3/1000]",
      "[7]",
    ]);
  });

  test("has a line of training, validation and time", () => {
    expect(epochLine(15, 50, { loss: 0.0234, acc: 0.99 }, { loss: 0.019, acc: 0.99 }, 135)).toBe(
      "[ 15/50] loss:0.023, acc:0.990 | (val) loss:0.019, acc:0.990 (2m 15s)",
    );
    expect(epochLine(1, 50, { loss: 1 }, undefined, 3)).toBe("[  1/50] loss:1.000 (3.0s)");
    expect(epochLine(7, undefined, { loss: 1 }, undefined, 3)).toBe("[  7] loss:1.000 (3.0s)");
    expect(epochLine(1, 50, {}, { loss: 1 }, 3)).toBe("[  1/50] (val) loss:1.000 (3.0s)");
    expect(epochLine(1, 50, {}, undefined, 3)).toBe("[  1/50] (3.0s)");
  });

  test("of 1000 and more stands in one column with the others", () => {
    expect(epochLine(1, 1000, { loss: 1 }, undefined, 3)).toBe("[   1/1000] loss:1.000 (3.0s)");
    expect(epochLine(1000, 1000, { loss: 1 }, undefined, 3)).toBe("[1000/1000] loss:1.000 (3.0s)");
  });
});
