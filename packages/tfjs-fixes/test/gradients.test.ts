import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applyFixes } from "../src/index.js";
import { gradientError } from "./finite-differences.js";
import { gradientCases } from "./gradient-cases.js";

const backends = ["cpu", "wasm"] as const;

beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

// The kernels as TF.js ships them come first: fixes cannot be taken back.
describe.each(backends)("without fixes, on %s", (backend) => {
  beforeEach(async () => expect(await tf.setBackend(backend)).toBe(true));
  it.each(gradientCases.filter(({ wrongOn }) => wrongOn.includes(backend)))("is wrong or throws: $name", async ({ f, inputs, step }) => {
    const error = await gradientError(f, inputs(), step).catch(() => Number.POSITIVE_INFINITY);
    // NaN counts as wrong too.
    expect(error).not.toBeLessThan(0.01);
  });
});

describe.each(backends)("with fixes, on %s", (backend) => {
  beforeEach(async () => {
    expect(await tf.setBackend(backend)).toBe(true);
    applyFixes(backend);
  });
  it.each(gradientCases)("agrees with finite differences: $name", async ({ f, inputs, step }) => {
    expect(await gradientError(f, inputs(), step)).toBeLessThan(1e-3);
  });
});
