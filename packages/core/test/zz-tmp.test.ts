import { sgd } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { quietly, Regression, rows } from "./support/regression.js";
test("x", async () => {
  await using trainer = new Regression(quietly({ optimizer: sgd({ learningRate: 0.2 }) }));
  await trainer.ready();
  for (let i = 0; i < 3; i++) {
  const b = tf.memory().numTensors;
  await trainer.fit({ train: rows(2), epochs: 2 });
  console.error(tf.memory().numTensors - b);
  }
  expect(1).toBe(2);
});
