import { setPrecision, type NativeBackend } from "@snapfit/native";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";

beforeAll(async () => {
  await tf.setBackend("native");
});
afterEach(() => void setPrecision("f32"));

const memoryOf = (tensor: tf.Tensor) => (tf.backend() as NativeBackend).memoryOf(tensor);

describe("precision", () => {
  it("auto takes what is faster here, and says so", () => {
    const { precision, reason } = setPrecision("auto");
    expect(reason).toMatch(/^(f32|bf16): (this processor has no bf16|bf16 products run at \d+\.\d times the speed of f32 here)$/);
    expect(reason.startsWith(precision)).toBe(true);
    expect(setPrecision("auto")).toEqual({ precision, reason });
  });

  it("refuses other names", () => {
    expect(() => setPrecision("fp16" as "f32")).toThrow('The precision is "fp16". Expected "f32", "bf16" or "auto".');
  });

  it("multiplies in bf16 with sums in f32: products lie in half the memory, gradients of weights in full", async () => {
    const a = tf.randomNormal([64, 300], 0, 1, "float32", 1);
    const b = tf.randomNormal([300, 100], 0, 1, "float32", 2);
    const exact = await tf.matMul(a, b).data();
    setPrecision("bf16");
    const product = tf.matMul(a, b);
    const gradient = tf.matMul(a, product, true, false);
    expect([memoryOf(product).isBf16Only, memoryOf(gradient).isBf16Only]).toEqual([true, false]);
    const rounded = await product.data();
    expect(memoryOf(product).isBf16Only).toBe(false);
    // Each factor is off by at most 2^-9, the product once more; errors of 300 terms add up like their root.
    let worst = 0;
    for (let i = 0; i < exact.length; i++) worst = Math.max(worst, Math.abs(exact[i]! - rounded[i]!));
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(6 * Math.sqrt(300) * 2 ** -8);
  });

  it("rounds to nearest even and keeps NaN and infinity", async () => {
    const values = [1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, -0, 3.4028234e38, Infinity, NaN, 1e-40];
    const bits = (tf.backend() as NativeBackend).bf16(tf.tensor1d(values));
    expect([...bits].map((half) => half.toString(16))).toEqual(["3f80", "3f80", "3f82", "8000", "7f80", "7f80", "7fc0", "1"]);
  });

  it("drops the rounded copy of a weight when the weight changes", async () => {
    const weight = tf.variable(tf.ones([300, 100]));
    const x = tf.ones([64, 300]);
    setPrecision("bf16");
    const before = await tf.matMul(x, weight).data();
    const backend = tf.backend() as NativeBackend;
    backend.markWritten(weight.dataId);
    backend.hostValues(weight.dataId)!.fill(2);
    const after = await tf.matMul(x, weight).data();
    expect([before[0], after[0]]).toEqual([300, 600]);
  });
});
