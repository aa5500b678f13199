import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { useBackend } from "./backends.js";
import { everyOptimizer } from "./every-optimizer.js";
import { step, variable } from "./train.js";

const cases = everyOptimizer.flatMap(([name, make]) =>
  (["cpu", "wasm", "device"] as const).map((backend) => [name, backend, make] as const),
);

test.each(cases)("%s leaks no tensor on %s", async (_, backend, make) => {
  await useBackend(backend);
  const [w, v, m] = [variable([1, 2]), variable([3], []), variable([1, 2, 3, 4], [2, 2])];
  const before = tf.memory().numTensors;
  const optimizer = make({ weightDecay: 0.1 });
  const run = () => step(optimizer, { w, v, m }, { w: [1, 1], v: [1], m: [1, 2, 3, 4] });
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
  expect(() => optimizer.apply(new Map(), new Map(), Number.NaN)).toThrow("rate factor");
  expect(() => step(make(), { w }, { w: [1, 1] }, -1)).toThrow("rate factor");
  expect(tf.memory().numTensors).toBe(afterFirst);
  run();
  optimizer.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
