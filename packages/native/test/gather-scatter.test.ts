import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { profileKernels, setThreads, type NativeBackend } from "@snapfit/native";
import { differenceFromCpu, integers, seeded } from "./same-as-cpu.js";

const dtypes = ["float32", "int32", "bool"] as const;

/** Seeded ids in [first, last]. */
function ids(shape: readonly number[], first: number, last: number, seed: number): tf.Tensor {
  const pick = integers(seed);
  return tf.tensor(
    Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => pick(first, last)),
    [...shape],
    "int32",
  );
}

describe("rows by index", () => {
  it("gathers along any axis, with and without batch axes", async () => {
    const cases: [shape: number[], indices: number[], axis: number, batchDims: number][] = [
      [[7], [5], 0, 0],
      [[7, 3], [2, 4], 0, 0],
      [[400, 128], [1024], 0, 0],
      [[4, 7, 3], [6], 1, 0],
      [[4, 7, 3], [2, 2], -1, 0],
      [[3, 5, 4], [3, 2], 1, 1],
      [[3, 5, 4], [3, 6], 2, 1],
      [[2, 3, 5, 4], [2, 3, 2], 2, 2],
      [[2, 3, 5, 4], [2, 3, 2], 3, -1],
      [[5, 3], [0], 0, 0],
      [[5, 0], [4], 0, 0],
      [[7, 20], [3], 0, 0],
    ];
    for (const [shape, indices, axis, batchDims] of cases) {
      const length = shape.at(axis)!;
      for (const dtype of dtypes) {
        expect(
          await differenceFromCpu(
            () => tf.gather(seeded(shape, dtype, 1), ids(indices, 0, length - 1, 2) as tf.Tensor1D, axis, batchDims),
            {
              native: ["GatherV2"],
              label: `${dtype} [${shape}] by [${indices}], axis ${axis}, batchDims ${batchDims}`,
            },
          ),
        ).toBe("");
      }
    }
  });

  it("says which index is out of range, and of what", async () => {
    await tf.setBackend("native");
    const x = tf.ones([5, 2]);
    for (const [index, shape] of [
      [5, [1]],
      [-1, [1]],
    ] as const) {
      const before = (tf.backend() as NativeBackend).memory().numBytesInPool;
      const wrong = tf.tensor(Int32Array.of(index), [...shape], "int32");
      expect(() => tf.gather(x, wrong as tf.Tensor1D)).toThrow(
        expect.objectContaining({
          code: "INDEX_RANGE",
          message: `GatherV2: the index value ${index} is not in [0, 4], the range of axis 0 of shape [5, 2]. Check the token ids against the size of the vocabulary.`,
        }),
      );
      wrong.dispose();
      expect((tf.backend() as NativeBackend).memory().numBytesInPool).toBe(before);
    }
  });

  it("gathers and scatters slices by coordinates", async () => {
    for (const [shape, depth, count] of [
      [[5], 1, 4],
      [[5, 6], 1, 9],
      [[5, 6], 2, 7],
      [[3, 4, 5], 2, 30],
      [[2, 3, 4, 5], 4, 200],
    ] as [number[], number, number][]) {
      const coordinates = (seed: number): tf.Tensor =>
        tf.stack(
          shape.slice(0, depth).map((length, axis) => ids([count], 0, length - 1, seed + axis)),
          1,
        );
      const rest = shape.slice(depth);
      for (const dtype of dtypes) {
        const label = `${dtype} [${shape}], ${depth} coordinates`;
        expect(await differenceFromCpu(() => tf.gatherND(seeded(shape, dtype, 1), coordinates(3)), { native: ["GatherNd"], label })).toBe(
          "",
        );
        if (dtype === "bool") continue;
        expect(
          await differenceFromCpu(() => tf.scatterND(coordinates(5) as tf.Tensor, seeded([count, ...rest], dtype, 4), shape), {
            native: ["ScatterNd"],
            tolerance: dtype === "float32" ? 1e-6 : 0,
            label,
          }),
        ).toBe("");
      }
    }
    await tf.setBackend("native");
    expect(() =>
      tf.gatherND(
        tf.ones([3, 3]),
        tf.tensor2d(
          [
            [1, 0],
            [3, 0],
          ],
          [2, 2],
          "int32",
        ),
      ),
    ).toThrow("Invalid indices: 3,0 does not index into 3,3");
    expect(() => tf.scatterND(tf.tensor2d([[-1]], [1, 1], "int32"), tf.ones([1]), [3])).toThrow(
      "Invalid indices: -1 does not index into 3",
    );
  });

  it("scatters into a copy", async () => {
    await tf.setBackend("native");
    const x = tf.range(0, 6).reshape([3, 2]);
    const updated = tf.tensorScatterUpdate(
      x,
      tf.tensor2d([[2], [0]], [2, 1], "int32"),
      tf.tensor2d([
        [7, 8],
        [9, 10],
      ]),
    );
    expect([...updated.dataSync()]).toEqual([9, 10, 2, 3, 7, 8]);
    expect([...x.dataSync()]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("sums by segment and leaves out ids that are negative or too large", async () => {
    for (const [rows, inner, segments] of [
      [1, [3], 2],
      [40, [5], 7],
      [40, [], 7],
      [0, [4], 3],
      [30, [4, 10], 50],
      [2048, [128], 4000],
      [3, [70_000], 2],
    ] as [number, number[], number][]) {
      await tf.setBackend("native");
      for (const dtype of ["float32", "int32"] as const) {
        tf.tidy(() => {
          const x = seeded([rows, ...inner], dtype, 1);
          const segmentIds = ids([rows], -1, segments, 2) as tf.Tensor1D;
          const sums = tf.unsortedSegmentSum(x, segmentIds, segments);
          const size = tf.util.sizeFromShape(inner);
          const expected = new (dtype === "int32" ? Int32Array : Float32Array)(segments * size);
          const values = x.dataSync();
          segmentIds.dataSync().forEach((id, row) => {
            if (id < 0 || id >= segments) return;
            for (let i = 0; i < size; i++) expected[id * size + i]! += values[row * size + i]!;
          });
          expect(sums.shape).toEqual([segments, ...inner]);
          expect(sums.dtype).toBe(dtype);
          expect(Buffer.from(sums.dataSync().buffer).equals(Buffer.from(expected.buffer))).toBe(true);
        });
      }
    }
  });

  it("sums to the same bits with any number of threads", async () => {
    await tf.setBackend("native");
    const sums = [1, 2, 3].map((threads) => {
      setThreads(threads);
      return tf.tidy(() => tf.unsortedSegmentSum(seeded([5000, 100], "float32", 1), ids([5000], 0, 20, 2) as tf.Tensor1D, 21).dataSync());
    });
    setThreads(2);
    expect(sums[1]).toEqual(sums[0]);
    expect(sums[2]).toEqual(sums[0]);
  });

  it("trains an embedding in one kernel for the whole vocabulary", async () => {
    await tf.setBackend("native");
    const table = tf.variable(seeded([4000, 16], "float32", 1) as tf.Tensor2D);
    const tokens = ids([4, 32], 0, 3999, 2) as tf.Tensor2D;
    const uses = await profileKernels(() =>
      tf.tidy(() => void tf.variableGrads(() => tf.sum(tf.square(tf.gather(table, tokens))) as tf.Scalar, [table])),
    );
    const counts = Object.fromEntries(uses.map(({ kernel, count, isFallback }) => [kernel, isFallback ? -count : count]));
    expect(counts).toMatchObject({ GatherV2: 1, GatherV2Grad: 1 });
    expect(Object.keys(counts)).not.toContain("UnsortedSegmentSum");
    expect(uses.reduce((sum, { count }) => sum + count, 0)).toBeLessThan(20);
  });
});
