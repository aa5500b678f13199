import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { sgd } from "../src/index.js";

test("takes a step against the gradient", async () => {
  const weight = tf.variable(tf.tensor1d([1, 2]));
  const optimizer = sgd({ learningRate: 0.5 });
  optimizer.apply(new Map([["w", tf.tensor1d([2, -4])]]), new Map([["w", weight]]), 1);
  expect([...(await weight.data())]).toEqual([0, 4]);
});
