import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { adam, adamW, rmsProp, sgd, type Optimizer } from "../src/index.js";
import { useBackend } from "./backends.js";
import { step, variable } from "./train.js";

const makes: [string, () => Optimizer][] = [
  ["sgd", () => sgd({ learningRate: 1 })],
  ["sgd with momentum", () => sgd({ learningRate: 1, momentum: 0.9, weightDecay: 0.1 })],
  ["adam", () => adam({ weightDecay: 0.1 })],
  ["adamW", () => adamW()],
  ["rmsProp", () => rmsProp({ momentum: 0.9, weightDecay: 0.1 })],
];
const cases = makes.flatMap(([name, make]) => (["cpu", "wasm", "device"] as const).map((backend) => [name, backend, make] as const));

test.each(cases)("%s leaks no tensor on %s", async (_, backend, make) => {
  await useBackend(backend);
  const [w, v] = [variable([1, 2]), variable([3], [])];
  const before = tf.memory().numTensors;
  const optimizer = make();
  const run = () => step(optimizer, { w, v }, { w: [1, 1], v: [1] });
  run();
  const afterFirst = tf.memory().numTensors;
  if (backend !== "device") expect(afterFirst).toBe(before);
  for (let i = 0; i < 3; i++) run();
  tf.tidy(run);
  const state = await optimizer.saveState();
  expect(tf.memory().numTensors).toBe(afterFirst);
  optimizer.loadState(state);
  expect(tf.memory().numTensors).toBe(before);
  run();
  optimizer.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
