import { beforeEach, expect, test } from "vitest";
import { adamW, sgd } from "../src/index.js";
import { useBackend } from "./backends.js";
import { step, valuesOf, variable } from "./train.js";

beforeEach(() => useBackend("cpu"));

const one = { w: [1] };

test("without groups there is one, default", () => {
  expect(sgd({ learningRate: 0.5 }).groups).toEqual([{ name: "default", learningRate: 0.5 }]);
});

test("the first group that matches gives the rate, the rest is default", async () => {
  const optimizer = sgd({
    learningRate: 1,
    groups: [
      { name: "frozen", match: (name) => name.startsWith("base."), learningRate: 0 },
      { name: "kernels", match: (name) => name.endsWith("kernel"), learningRate: 0.5 },
    ],
  });
  expect(optimizer.groups).toEqual([
    { name: "frozen", learningRate: 0 },
    { name: "kernels", learningRate: 0.5 },
    { name: "default", learningRate: 1 },
  ]);
  const parameters = { "base.kernel": variable([0]), "head.kernel": variable([0]), "head.bias": variable([0]) };
  step(optimizer, parameters, { "base.kernel": [1], "head.kernel": [1], "head.bias": [1] });
  expect(await Promise.all(Object.values(parameters).map(valuesOf))).toEqual([[-0], [-0.5], [-1]].map(([value]) => [value! + 0]));
});

test("a group without rate or decay takes the optimizer's", async () => {
  const optimizer = sgd({
    learningRate: 1,
    weightDecay: 0.5,
    groups: [
      { name: "all", match: () => true },
      { name: "never", match: () => true, learningRate: 9 },
    ],
  });
  const w = variable([2]);
  step(optimizer, { w }, one);
  expect(await valuesOf(w)).toEqual([0]);
});

test("a group's weight decay is its own", async () => {
  const optimizer = adamW({ learningRate: 0.5, weightDecay: 1, groups: [{ name: "w", match: (name) => name === "w", weightDecay: 0 }] });
  const parameters = { w: variable([2]), v: variable([2]) };
  step(optimizer, parameters, { w: [0], v: [0] });
  expect(await valuesOf(parameters.w)).toEqual([2]);
  expect(await valuesOf(parameters.v)).toEqual([1]);
});

test("noDecay spares biases and norms by path and rank, also in groups with a decay", async () => {
  const optimizer = adamW({
    learningRate: 0.5,
    weightDecay: 1,
    noDecay: "biasAndNorm",
    groups: [{ name: "head", match: (name) => name.startsWith("head"), weightDecay: 1 }],
  });
  const matrix = () => variable([2], [1, 1]);
  const spared = {
    "layers.0.bias": variable([2]),
    "layers/1/gamma": matrix(),
    "head.beta": matrix(),
    "head.scale": variable([2]),
    shift: variable([2], []),
  };
  const decayed = { "layers.0.kernel": matrix(), "head.kernel": matrix(), "layers.0.debias": matrix() };
  const parameters = { ...spared, ...decayed };
  step(optimizer, parameters, Object.fromEntries(Object.keys(parameters).map((name) => [name, [0]])));
  for (const value of Object.values(spared)) expect(await valuesOf(value)).toEqual([2]);
  for (const value of Object.values(decayed)) expect(await valuesOf(value)).toEqual([1]);
});

test("match is asked once for each name", () => {
  let numCalls = 0;
  const optimizer = sgd({ learningRate: 1, groups: [{ name: "g", match: () => ++numCalls > 0 }] });
  const w = variable([0]);
  for (let i = 0; i < 3; i++) step(optimizer, { w }, one);
  expect(numCalls).toBe(1);
});
