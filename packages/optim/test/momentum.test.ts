import { beforeEach, expect, test } from "vitest";
import { adadelta, adafactor, adagrad, adamW, lion, lookahead, nadam, sgd } from "../src/index.js";
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

test.each([
  ["sgd without momentum", () => sgd({ learningRate: 1 })],
  ["adagrad", () => adagrad()],
  ["adadelta", () => adadelta()],
  ["adafactor", () => adafactor()],
  ["nadam", () => nadam()],
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
