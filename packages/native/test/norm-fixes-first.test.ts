import { applyFixes } from "@snapfit/tfjs-fixes";
import * as tf from "@tensorflow/tfjs";
import { expect, it } from "vitest";
import { randomValues } from "./on-both-backends.js";

it("BatchNormalization runs fused where the fixes of TensorFlow.js were applied before the engine was loaded", async () => {
  applyFixes("cpu");
  const { profileKernels } = await import("@snapfit/native");
  for (const config of [{}, { scale: false }, { center: false }, { axis: 1 }]) {
    const results: Float32Array[] = [];
    for (const backend of ["cpu", "native"]) {
      await tf.setBackend(backend);
      const layer = tf.layers.batchNormalization(config);
      const x = tf.tensor(randomValues([4, 3, 5], 1), [4, 3, 5]);
      const y = layer.apply(x, { training: true }) as tf.Tensor;
      results.push(
        (await y.data()) as Float32Array,
        ...(await Promise.all(layer.getWeights().map(async (each) => (await each.data()) as Float32Array))),
      );
      if (backend === "native" && !("axis" in config)) {
        const uses = await profileKernels(() => layer.apply(x, { training: true }));
        expect(uses.map(({ kernel }) => kernel)).toContain("FusedBatchNormTraining");
      }
    }
    const half = results.length / 2;
    for (let i = 0; i < half; i++) results[i]!.forEach((value, k) => expect(results[half + i]![k]).toBeCloseTo(value, 5));
  }
});
