import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import "@snapfit/native";
import { differenceFromCpu, dtypes, overShapes, seeded } from "./same-as-cpu.js";

describe("kernels that make or add up values give what the cpu backend gives", () => {
  it("fill, zeros, ones, range, linspace, one-hot and running sums", async () => {
    expect(
      await differenceFromCpu(() => [tf.fill([3, 5], 2.5), tf.fill([0], 1), tf.fill([7], 3, "int32"), tf.fill([2], 1, "bool")], {
        native: [],
      }),
    ).toBe("");
    for (const dtype of dtypes)
      expect(
        await differenceFromCpu(() => [tf.zerosLike(seeded([3, 0, 2], dtype, 1)), tf.onesLike(seeded([4, 5], dtype, 1))], {
          native: ["ZerosLike", "OnesLike"],
        }),
      ).toBe("");
    for (const [start, stop, step] of [
      [0, 10, 1],
      [10, 0, 1],
      [10, 0, -3],
      [0, 1, 0.1],
      [2, 2, 1],
      [0, 5, -1],
      [5, 0, 2],
    ] as const) {
      expect(
        await differenceFromCpu(() => [tf.range(start, stop, step), tf.range(start, stop, Math.ceil(step), "int32")], { native: [] }),
      ).toBe("");
    }
    expect(await differenceFromCpu(() => [tf.linspace(-1, 1, 1), tf.linspace(0, 3, 100)], { native: [] })).toBe("");
    for (const dtype of dtypes)
      expect(
        await differenceFromCpu(
          () =>
            tf.oneHot(
              tf.tensor(
                [
                  [0, 4, -1],
                  [5, 3, 1],
                ],
                [2, 3],
                "int32",
              ),
              5,
              3,
              -2,
              dtype === "bool" ? "int32" : dtype,
            ),
          {
            native: ["OneHot"],
          },
        ),
      ).toBe("");
    await overShapes(40, async ({ shape, dtype, pick, seed, label }) => {
      const options = [pick(0, shape.length - 1), pick(0, 1) === 1, pick(0, 1) === 1] as const;
      const numbers = dtype === "bool" ? "float32" : dtype;
      expect(
        await differenceFromCpu(() => tf.cumsum(seeded(shape, numbers, seed), ...options), {
          native: ["Cumsum"],
          label,
          tolerance: numbers === "int32" ? 0 : 1e-5,
        }),
      ).toBe("");
      expect(
        await differenceFromCpu(() => tf.cumprod(seeded(shape, "float32", seed), ...options), {
          native: ["Cumprod"],
          label,
          tolerance: 1e-6,
        }),
      ).toBe("");
    });
    expect(await differenceFromCpu(() => tf.cumsum(seeded([3, 4], "bool", 1), 1), { native: [] })).toBe("");
    expect(await differenceFromCpu(() => tf.cumsum(seeded([5, 200, 150], "float32", 1), 1), { native: ["Cumsum"], tolerance: 1e-5 })).toBe(
      "",
    );
  });
});
