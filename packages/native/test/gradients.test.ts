import "@snapfit/native";
import { applyFixes } from "@snapfit/tfjs-fixes";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { wrongGradients } from "./gradients/check-gradient.js";
import { elementWiseCases } from "./gradients/element-wise-cases.js";
import { productCases } from "./gradients/product-cases.js";
import { shapeCases } from "./gradients/shape-cases.js";

beforeAll(async () => {
  await tf.setBackend("native");
  applyFixes("native");
});

// All in one process, in shapes that grow and shrink: finds what a cache keeps under a wrong key.
describe("gradients on the native engine equal finite differences", () => {
  it.each(Object.entries({ ...elementWiseCases, ...shapeCases, ...productCases }))("%s", async (_, cases) => {
    const problems: string[] = [];
    for (const [i, one] of cases.entries()) problems.push(...(await wrongGradients(one, i + 1)));
    expect(problems).toEqual([]);
  });
});
