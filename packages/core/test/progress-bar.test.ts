import { expect, test } from "vitest";
import { progressLine, type ProgressState } from "../src/console/progress-bar.js";
import { textWidth } from "../src/console/text-width.js";

const state: ProgressState = {
  title: "[ 3/50] Training",
  done: 120,
  total: 480,
  doneBefore: 0,
  samples: 3840,
  seconds: 4,
  means: { loss: 0.1234, acc: 0.9 },
};

test("shows title, bar, batches, means, throughput and the time that is left", () => {
  expect(progressLine(state, 120)).toBe("[ 3/50] Training [#####---------------] 120/480 | loss:0.123, acc:0.900 | 960/s | 12s left");
});

test("leaves out what is not known", () => {
  expect(progressLine({ ...state, total: undefined }, 120)).toBe("[ 3/50] Training 120 | loss:0.123, acc:0.900 | 960/s");
  expect(progressLine({ ...state, means: {} }, 120)).toBe("[ 3/50] Training [#####---------------] 120/480 | 960/s | 12s left");
  expect(progressLine({ ...state, samples: 0, seconds: 0, done: 0, means: {} }, 120)).toBe("[ 3/50] Training [--------------------] 0/480");
});

test("is full at the end, never fuller, and then has no time left", () => {
  expect(progressLine({ ...state, done: 480 }, 120)).toBe(
    "[ 3/50] Training [####################] 480/480 | loss:0.123, acc:0.900 | 960/s",
  );
  expect(progressLine({ ...state, done: 600 }, 120)).toContain("[####################] 600/480");
});

test("in a resumed epoch the rest takes as long as what was done since", () => {
  expect(progressLine({ ...state, doneBefore: 80 }, 120)).toContain("| 36s left");
});

test.each([
  [960, "960/s"],
  [99.5, "99.5/s"],
  [12_345.6, "12346/s"],
  [0.1234, "0.123/s"],
])("%d samples a second are %s", (rate, text) => {
  expect(progressLine({ ...state, samples: rate, seconds: 1 }, 160)).toContain(`| ${text} |`);
});

test("the bar is as long as the terminal has room for, from 5 to 20", () => {
  const rest = "120/480 | loss:0.123, acc:0.900 | 960/s | 12s left";
  expect(progressLine(state, 160)).toBe(`[ 3/50] Training [#####---------------] ${rest}`);
  expect(progressLine(state, 79)).toBe(`[ 3/50] Training [##-------] ${rest}`);
  expect(progressLine(state, 79)).toHaveLength(79);
  expect(progressLine(state, 75)).toBe(`[ 3/50] Training [#----] ${rest}`);
  expect(progressLine(state, 74)).toBe(`[ 3/50] Training ${rest}`);
});

test("on a narrow terminal loses the bar, then the throughput, then values, then the time, and is never wider", () => {
  expect(progressLine(state, 67)).toBe("[ 3/50] Training 120/480 | loss:0.123, acc:0.900 | 960/s | 12s left");
  expect(progressLine(state, 60)).toBe("[ 3/50] Training 120/480 | loss:0.123, acc:0.900 | 12s left");
  expect(progressLine(state, 50)).toBe("[ 3/50] Training 120/480 | loss:0.123 | 12s left");
  expect(progressLine(state, 39)).toBe("[ 3/50] Training 120/480 | 12s left");
  expect(progressLine(state, 30)).toBe("[ 3/50] Training 120/480");
  expect(progressLine(state, 20)).toBe("[ 3/50] Training");
  expect(progressLine(state, 10)).toBe("[ 3/50] Tr");
  for (let columns = 1; columns < 130; columns++)
    expect(textWidth(progressLine({ ...state, means: { 손실: 0.5, 정확도: 0.25 } }, columns)), String(columns)).toBeLessThanOrEqual(
      columns,
    );
});
