import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { adamW, hostValues } from "../src/index.js";
import { useBackend } from "./backends.js";
import { step, variable } from "./train.js";

test.each(["cpu", "wasm", "native", "no-blocking-read"] as const)("hostValues gives the live values on %s", async (backend) => {
  await useBackend(backend);
  const tensor = tf.tensor1d([1, 2, 3]);
  expect([...hostValues(tensor)!]).toEqual([1, 2, 3]);
  hostValues(tensor)![0] = 7;
  expect(hostValues(tensor)![0]).toBe(7);
});

test("hostValues is undefined on a device, for other dtypes and for tensors of another backend", async () => {
  await useBackend("cpu");
  const onCpu = tf.tensor1d([1]);
  expect(hostValues(tf.tensor1d([1], "int32"))).toBeUndefined();
  expect(hostValues(tf.tensor1d([true], "bool"))).toBeUndefined();
  await useBackend("device");
  expect(hostValues(tf.tensor1d([1]))).toBeUndefined();
  await useBackend("wasm");
  expect(hostValues(onCpu)).toBeUndefined();
  const onWasm = tf.tensor1d([1]);
  await useBackend("cpu");
  expect(hostValues(onWasm)).toBeUndefined();
});

test("hostValues converts where a cast left an integer array under a float32 tensor", async () => {
  await useBackend("cpu");
  const values = hostValues(tf.tensor1d([1, 0], "bool").cast("float32"));
  expect(values).toBeInstanceOf(Float32Array);
  expect([...values!]).toEqual([1, 0]);
});

describe("without a blocking read", () => {
  test("a step and a saved state work", async () => {
    await useBackend("no-blocking-read");
    const w = variable([1]);
    const optimizer = adamW({ learningRate: 0.5, weightDecay: 0 });
    step(optimizer, { w }, { w: [2] });
    expect(hostValues(w)![0]).toBeCloseTo(0.5, 6);
    expect(Object.keys((await optimizer.saveState())["parameters"] as object)).toEqual(["w"]);
  });
});
