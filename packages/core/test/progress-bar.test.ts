import { expect, test } from "vitest";
import { progressLine } from "../src/console/progress-bar.js";

const state = {
  title: "[ 3/50] Training",
  done: 47,
  total: 188,
  doneBefore: 0,
  samples: 3008,
  seconds: 0.5,
  means: { loss: 0.13421, acc: 0.9583 },
};
const rest = "47/188 | loss:0.134, acc:0.958 | 6016/s | 1.5s left";

test("the bar is as long as the terminal has room for, up to 20", () => {
  expect(progressLine(state, 160)).toBe(`[ 3/50] Training [#####---------------] ${rest}`);
  expect(progressLine(state, 79)).toBe(`[ 3/50] Training [##------] ${rest}`);
  expect(progressLine(state, 79)).toHaveLength(79);
});

test("where there is no room for a bar the figures stay, cut to the terminal's width", () => {
  expect(progressLine(state, 75)).toBe(`[ 3/50] Training ${rest}`);
  expect(progressLine(state, 40)).toBe("[ 3/50] Training 47/188 | loss:0.134, ac");
  expect(progressLine({ ...state, means: { 손실: 0.5 } }, 34)).toBe("[ 3/50] Training 47/188 | 손실:0.5");
});

test("without a known end there is no bar, and a pass that is longer than was said fills it", () => {
  expect(progressLine({ ...state, total: undefined }, 160)).toBe("[ 3/50] Training 47 | loss:0.134, acc:0.958 | 6016/s");
  expect(progressLine({ ...state, done: 200 }, 160)).toContain(`[${"#".repeat(20)}] 200/188`);
});
