import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { expect, it } from "vitest";
import { applyFixes } from "../src/index.js";
import { uniform } from "./finite-differences.js";

it("gradients of a convolution too large to unroll at once are those of its samples", async () => {
  expect(await tf.setBackend("wasm")).toBe(true);
  applyFixes("wasm");
  // 48 * 48 positions of 9 * 64 values: 6 samples fit into the 8 Mi values of one part.
  const x = uniform([8, 48, 48, 64], 1) as tf.Tensor4D;
  const filter = uniform([3, 3, 64, 4], 2) as tf.Tensor4D;
  const dy = uniform([8, 48, 48, 4], 3) as tf.Tensor4D;
  const gradients = tf.grads((image, weights) => tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, 1, "same"));
  const before = tf.engine().backend.numDataIds();
  const [dx, dFilter] = gradients([x, filter], dy);
  expect(tf.engine().backend.numDataIds()).toBe(before + 2);
  const samples = tf.split(x, 8).map((image, i) => gradients([image, filter], tf.split(dy, 8)[i]));
  const difference = async (a: tf.Tensor, b: tf.Tensor): Promise<number> => (await tf.max(tf.abs(tf.sub(a, b))).data())[0]!;
  expect(await difference(dx!, tf.concat(samples.map(([sample]) => sample!)))).toBeLessThan(1e-4);
  const sum = tf.addN(samples.map(([, sample]) => sample!));
  expect(await difference(dFilter!, sum)).toBeLessThan(5e-3);
  // The sums are of 18 000 terms of about 0.3: far from 0.
  expect((await tf.max(tf.abs(sum)).data())[0]).toBeGreaterThan(50);
});
