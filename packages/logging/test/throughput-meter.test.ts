import { rowText, ThroughputMeter } from "@snapfit/logging";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

const row = (step: number, key = "train", values: Readonly<Record<string, number>> = { "train/loss": 0.5 }) => ({
  fit: 1,
  step,
  epoch: 1,
  kind: "scalars",
  key,
  values,
});

test("a row of training gets the samples a second since the one before, or since the start of the fit", () => {
  const meter = new ThroughputMeter();
  meter.start(100);
  vi.advanceTimersByTime(500);
  expect(meter.measured(row(1), 132).values).toEqual({ "train/loss": 0.5, "train/samples_per_second": 64 });
  vi.advanceTimersByTime(2000);
  expect(meter.measured(row(2), 232).values).toEqual({ "train/loss": 0.5, "train/samples_per_second": 50 });
  vi.advanceTimersByTime(60_000); // between two fits
  meter.start(232);
  vi.advanceTimersByTime(1000);
  expect(meter.measured(row(3), 242).values["train/samples_per_second"]).toBe(10);
});

test("other rows are left as they are, and so are those without a start, without new samples, or with a value of the user's", () => {
  const meter = new ThroughputMeter();
  const alone = row(1);
  expect(meter.measured(alone, 8)).toBe(alone);
  meter.start(8);
  vi.advanceTimersByTime(1000);
  const others = [row(1, "valid"), row(1, "epoch"), { ...row(1), kind: "text" }];
  for (const other of others) expect(meter.measured(other, 16)).toBe(other);
  expect(meter.measured(alone, 8)).toBe(alone);
  const own = row(2, "train", { "train/samples_per_second": 3 });
  expect(meter.measured(own, 16)).toBe(own);
});

test("the row is the same one for a ledger, and the core's record is not touched", () => {
  const meter = new ThroughputMeter();
  meter.start(0);
  vi.advanceTimersByTime(1000);
  const record = Object.freeze({ ...row(1), values: Object.freeze({ "train/loss": 0.5 }) });
  const measured = meter.measured(record, 4);
  expect(measured).not.toBe(record);
  expect(rowText(measured)).toBe(rowText(record));
});
