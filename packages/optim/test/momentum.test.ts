import { parseState, stringifyState, type StateRecord } from "@snapfit/base";
import { beforeEach, expect, test } from "vitest";
import { adadelta, adafactor, adagrad, adamW, lion, lookahead, nadam, rmsProp, sgd } from "../src/index.js";
import { useBackend } from "./backends.js";
import { errorOf } from "./error-of.js";
import { step, valuesOf, variable } from "./train.js";

beforeEach(() => useBackend("cpu"));

test("a momentum that is given stands in for the optimizer's own at this step", async () => {
  const w = variable([0]);
  const optimizer = sgd({ learningRate: 1, momentum: 0.5 });
  step(optimizer, { w }, { w: [1] }); // b = 1, w = -1
  step(optimizer, { w }, { w: [1] }, 1, 0.25); // b = 1.25, w = -2.25
  step(optimizer, { w }, { w: [1] }); // b = 1.625, w = -3.875
  expect(await valuesOf(w)).toEqual([-3.875]);
});

test("a momentum of 0 is one", async () => {
  const w = variable([0]);
  const optimizer = sgd({ learningRate: 1, momentum: 0.5 });
  step(optimizer, { w }, { w: [1] });
  step(optimizer, { w }, { w: [1] }, 1, 0);
  expect(await valuesOf(w)).toEqual([-2]);
});

test("beta1 of Lion and of the optimizer that looks ahead is driven", async () => {
  const [w, v] = [variable([0]), variable([0])];
  const driven = lookahead(lion({ learningRate: 1, beta1: 0.9, beta2: 0.5 }), { everySteps: 9 });
  step(driven, { w, v }, { w: [-8], v: [-8] }); // m = -4, w = 1
  step(driven, { w, v }, { w: [1] }, 1, 0); // the sign of the gradient alone
  step(driven, { w, v }, { v: [1] }); // that of 0.9 m + 0.1 g
  expect(await valuesOf(w)).toEqual([0]);
  expect(await valuesOf(v)).toEqual([2]);
});

test("beta1 of NAdam is driven from the first step on", async () => {
  const w = variable([0]);
  // Without a rise of its own, mu is half of beta1.
  const optimizer = nadam({ learningRate: 1, beta1: 0.9, beta2: 0, epsilon: 0, momentumDecay: 0 });
  step(optimizer, { w }, { w: [2] }, 1, 0.5); // m = 1, mu = M = 0.25: (0.75 / 0.75 g + 0.25 / (1 - 0.0625) m) / |g|
  const first = 1 + 0.25 / 0.9375 / 2;
  expect((await valuesOf(w))[0]).toBeCloseTo(-first, 6);
  step(optimizer, { w }, { w: [2] }, 1, 0.8); // m = 1.2, mu = 0.4, M = 0.1: (0.6 / 0.9 g + 0.4 / 0.96 m) / |g|
  expect((await valuesOf(w))[0]).toBeCloseTo(-first - 0.6 / 0.9 - (0.4 / 0.96) * 0.6, 6);
});

test("NAdam goes on from its saved state with the same bits under a driven beta1", async () => {
  const momentumAt = (i: number): number => 0.95 - 0.1 * Math.abs(Math.sin(i));
  const [whole, resumed] = [variable([1, 2]), variable([1, 2])];
  const [one, first, second] = [nadam(), nadam(), nadam()];
  for (let i = 0; i < 9; i++) step(one, { w: whole }, { w: [Math.sin(i), Math.cos(i)] }, 1, momentumAt(i));
  for (let i = 0; i < 5; i++) step(first, { w: resumed }, { w: [Math.sin(i), Math.cos(i)] }, 1, momentumAt(i));
  second.loadState(parseState(stringifyState(await first.saveState())) as StateRecord);
  for (let i = 5; i < 9; i++) step(second, { w: resumed }, { w: [Math.sin(i), Math.cos(i)] }, 1, momentumAt(i));
  expect(await valuesOf(resumed)).toEqual(await valuesOf(whole));
  expect(await second.saveState()).toEqual(await one.saveState());
});

test.each([
  ["sgd without momentum", () => sgd({ learningRate: 1 })],
  ["adagrad", () => adagrad()],
  ["adadelta", () => adadelta()],
  ["adafactor", () => adafactor()],
  ["rmsProp without momentum", () => rmsProp()],
  ["lookahead around one without", () => lookahead(adagrad())],
])("%s has no momentum to be driven", async (_, make) => {
  const w = variable([1]);
  expect(errorOf(() => step(make(), { w }, { w: [1] }, 1, 0.9))).toMatchObject({
    code: "MOMENTUM_INVALID",
    message: expect.stringMatching(/has none to be driven\. Give the optimizer a momentum, or the schedule none/),
  });
  expect(await valuesOf(w)).toEqual([1]);
});

test.each([-0.1, 1, NaN])("a momentum of %d is refused before anything changes", async (momentum) => {
  const w = variable([1]);
  expect(errorOf(() => step(adamW(), { w }, { w: [1] }, 1, momentum))).toMatchObject({
    code: "MOMENTUM_INVALID",
    message: expect.stringMatching(new RegExp(`is ${momentum}\\. Expected a number from 0 up to, but not, 1`)),
  });
  expect(await valuesOf(w)).toEqual([1]);
});
