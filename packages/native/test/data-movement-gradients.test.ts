import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { applyFixes } from "@snapfit/tfjs-fixes";
import { profileKernels } from "@snapfit/native";
import { gradientError } from "../../tfjs-fixes/test/finite-differences.js";
import { differenceFromCpu, seeded } from "./same-as-cpu.js";

type Function = (x: tf.Tensor) => tf.Tensor;

const indices = (values: number[], shape: number[]): tf.Tensor1D => tf.tensor(values, shape, "int32") as tf.Tensor as tf.Tensor1D;

/** What is differentiated, over which shapes, and what its forward and backward passes run on. */
const cases: { name: string; shapes: number[][]; run: (shape: number[]) => Function; native: string[] }[] = [
  {
    name: "transpose",
    shapes: [
      [3, 4],
      [2, 3, 4],
      [17, 33],
      [4, 3, 2, 5],
      [1, 6],
    ],
    run:
      ({ length }) =>
      (x) =>
        tf.transpose(
          x,
          Array.from({ length }, (_, i) => (i + 1) % length),
        ),
    native: ["Transpose"],
  },
  {
    name: "slice",
    shapes: [
      [3, 4],
      [2, 3, 4],
      [20, 30],
      [4, 3, 2, 5],
      [5, 6],
    ],
    run:
      ({ length }) =>
      (x) =>
        tf.slice(x, new Array<number>(length).fill(1), new Array<number>(length).fill(1)),
    native: ["Slice", "PadV2"],
  },
  {
    name: "concat",
    shapes: [[3, 4], [2, 3, 4], [20, 30], [4, 3, 2, 5], [1]],
    run: () => (x) => tf.concat([x, x, tf.neg(x)], -1),
    native: ["Concat", "SplitV"],
  },
  {
    name: "split",
    shapes: [[3, 4], [2, 3, 4], [20, 30], [4, 2], [6]],
    run: () => (x) => tf.split(x, [1, x.shape.at(-1)! - 1], -1)[1]!,
    native: ["SplitV", "Concat"],
  },
  {
    name: "stack",
    shapes: [[3, 4], [2, 3, 4], [20, 30], [1], []],
    run: () => (x) => tf.stack([x, tf.neg(x)], -1),
    native: ["Pack", "Unpack"],
  },
  { name: "unstack", shapes: [[3, 4], [2, 3, 4], [20, 3], [4, 5], [2]], run: () => (x) => tf.unstack(x)[1]!, native: ["Unpack", "Pack"] },
  {
    name: "pad",
    shapes: [[3, 4], [2, 3, 4], [20, 30], [4, 3, 2, 5], [1]],
    run: (shape) => (x) =>
      tf.pad(
        x,
        shape.map((_, i) => [i, 2]),
      ),
    native: ["PadV2", "Slice"],
  },
  {
    name: "mirrorPad",
    shapes: [[3, 4], [2, 3, 4], [20, 30], [4, 3, 2, 5], [3]],
    run: (shape) => (x) =>
      tf.mirrorPad(
        x,
        shape.map((length) => [length - 1, 1]),
        "reflect",
      ),
    native: ["MirrorPad"],
  },
  {
    name: "tile",
    shapes: [[3], [3, 4], [2, 3, 4], [4, 3, 2, 5], [2, 1, 3, 2, 2]],
    run: (shape) => (x) =>
      tf.tile(
        x,
        shape.map((_, i) => (i % 2) + 2),
      ),
    native: ["Tile"],
  },
  {
    name: "tile by 1",
    shapes: [[3], [3, 4]],
    run: (shape) => (x) =>
      tf.tile(
        x,
        shape.map(() => 1),
      ),
    native: ["Tile"],
  },
  { name: "reverse", shapes: [[3], [3, 4], [2, 3, 4], [4, 3, 2, 5], [1, 4]], run: () => (x) => tf.reverse(x, -1), native: ["Reverse"] },
  {
    name: "gather",
    shapes: [[3], [3, 4], [5, 3, 4], [4, 3, 2, 5], [70, 40]],
    run: () => (x) => tf.gather(x, indices([2, 0, 2, 1], [2, 2]), 0),
    native: ["GatherV2", "GatherV2Grad"],
  },
  {
    name: "gather, last axis",
    shapes: [[3], [3, 4], [5, 3, 4], [4, 3, 2, 5], [70, 40]],
    run: () => (x) => tf.gather(x, indices([2, 0, 2, 1], [4]), -1),
    native: ["GatherV2", "GatherV2Grad"],
  },
  {
    name: "gather, one batch axis",
    shapes: [
      [2, 3],
      [2, 4, 5],
      [2, 3, 4, 5],
    ],
    run: () => (x) => tf.gather(x, indices([2, 0, 2, 1, 1, 0], [2, 3]), 1, 1),
    native: ["GatherV2", "GatherV2Grad"],
  },
  {
    name: "gather, two batch axes",
    shapes: [
      [2, 1, 3],
      [2, 1, 3, 5],
      [2, 1, 4, 2],
    ],
    run: () => (x) => tf.gather(x, indices([2, 0, 2, 1], [2, 1, 2]), 2, 2),
    native: ["GatherV2", "GatherV2Grad"],
  },
  {
    name: "unsortedSegmentSum",
    shapes: [[4], [4, 3], [4, 2, 3], [4, 70], [4, 1]],
    run: () => (x) => tf.unsortedSegmentSum(x, indices([1, 0, -1, 1], [4]), 3),
    native: ["UnsortedSegmentSum", "GatherV2"],
  },
  { name: "cumsum", shapes: [[4], [4, 3], [2, 5, 3], [4, 2, 2, 3], [1, 7]], run: () => (x) => tf.cumsum(x, 0, true), native: ["Cumsum"] },
  {
    name: "spaceToBatch",
    shapes: [
      [1, 4, 4, 1],
      [2, 6, 2, 3],
      [3, 2, 2, 2],
    ],
    run: () => (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [0, 0],
          [2, 0],
        ],
      ),
    native: ["SpaceToBatchND", "BatchToSpaceND"],
  },
  {
    name: "batchToSpace",
    shapes: [
      [4, 2, 2, 1],
      [8, 3, 2, 3],
      [4, 5, 5, 2],
    ],
    run: () => (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 1],
        ],
      ),
    native: ["BatchToSpaceND", "SpaceToBatchND"],
  },
];

/** Not linear, so that the gradient depends on its place. */
const bent = (y: tf.Tensor): tf.Tensor => tf.mul(y, tf.add(y, 0.5));

describe("gradients of what moves values", () => {
  beforeAll(() => {
    applyFixes("cpu");
    applyFixes("native");
  });

  for (const { name, shapes, run, native } of cases) {
    it(`${name}: finite differences, without a fallback`, async () => {
      await tf.setBackend("native");
      for (const shape of [...shapes, shapes[0]!]) {
        const f: Function = (x) => bent(run(shape)(x));
        const x = seeded(shape, "float32", 5);
        expect(await gradientError(f, [x], 0.02), `${name} [${shape}]`).toBeLessThan(1e-3);
        const uses = await profileKernels(() => tf.tidy(() => void tf.grad(f)(x)));
        for (const kernel of native)
          expect(
            uses.filter((use) => use.kernel === kernel).map(({ isFallback }) => isFallback),
            `${kernel} [${shape}]`,
          ).toEqual([false]);
      }
    });
  }

  it("of gather and tile are those of the cpu backend, where that has one", async () => {
    for (const [shape, axis] of [
      [[5, 4], 0],
      [[5, 4], 1],
      [[3, 4, 5], 1],
    ] as [number[], number][]) {
      const f: Function = (x) => bent(tf.gather(x, indices([2, 0, 2, 1, 3], [5]), axis));
      expect(await differenceFromCpu(() => tf.grad(f)(seeded(shape, "float32", 1)), { native: ["GatherV2Grad"], tolerance: 1e-6 })).toBe(
        "",
      );
      const g: Function = (x) =>
        bent(
          tf.tile(
            x,
            shape.map((_, i) => 3 - (i % 2)),
          ),
        );
      expect(await differenceFromCpu(() => tf.grad(g)(seeded(shape, "float32", 1)), { native: ["Tile"], tolerance: 1e-6 })).toBe("");
    }
  });

  it("of a gather's gradient is right too", async () => {
    await tf.setBackend("native");
    const first: Function = (x) => tf.grad((y) => tf.sum(tf.pow(tf.gather(y, indices([1, 1, 0], [3])), 3)))(x);
    expect(await gradientError(first, [seeded([3, 4], "float32", 1)], 0.01)).toBeLessThan(1e-3);
  });
});
