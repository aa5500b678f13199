import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import "@snapfit/native";
import { differenceFromCpu, dtypes, overShapes, seeded } from "./same-as-cpu.js";

const shuffled = (rank: number, pick: (first: number, last: number) => number): number[] => {
  const order = Array.from({ length: rank }, (_, i) => i);
  for (let i = rank - 1; i > 0; i--) {
    const j = pick(0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
};

describe("moving values gives what the cpu backend gives", () => {
  it("transpose: any rank, dtype and order of axes", async () => {
    await overShapes(60, async ({ shape, dtype, pick, seed, label }) => {
      const order = shuffled(shape.length, pick);
      expect(
        await differenceFromCpu(() => tf.transpose(seeded(shape, dtype, seed), order), {
          native: shape.length > 1 ? ["Transpose"] : [],
          label,
        }),
      ).toBe("");
    });
  });

  it("transpose: whole tiles, remainders and parallel parts", async () => {
    // Shapes and orders of axes.
    for (const text of [
      "16,16 1,0",
      "17,33 1,0",
      "200,513 1,0",
      "2,50,1100 0,2,1",
      "8,128,4,32 0,2,1,3",
      "8,4,128,32 0,1,3,2",
      "4,50,50,3 0,3,1,2",
      "4,3,50,50 0,2,3,1",
      "30000,4 1,0",
      "4,30000 1,0",
    ]) {
      const [shape, order] = text.split(" ").map((list) => list.split(",").map(Number)) as [number[], number[]];
      const x = (): tf.Tensor => seeded(shape, shape[0] === 17 ? "bool" : "float32", 1);
      expect(await differenceFromCpu(() => tf.transpose(x(), order), { native: ["Transpose"], label: text })).toBe("");
    }
  });

  it("slice, strided slice, split and unstack", async () => {
    await overShapes(60, async ({ shape, dtype, pick, seed, label }) => {
      const begin = shape.map((length) => pick(0, length));
      const size = shape.map((length, axis) => pick(0, length - begin[axis]!));
      const strides = shape.map(() => [1, 2, 3, -1, -2][pick(0, 4)]!);
      const end = shape.map((length) => pick(0, length));
      const masks = [pick(0, 63), pick(0, 63)] as const;
      const axis = pick(0, shape.length - 1);
      const at = pick(0, shape[axis]!);
      expect(await differenceFromCpu(() => tf.slice(seeded(shape, dtype, seed), begin, size), { native: ["Slice"], label })).toBe("");
      expect(
        await differenceFromCpu(() => tf.stridedSlice(seeded(shape, dtype, seed), begin, end, strides, ...masks), {
          native: ["StridedSlice"],
          label,
        }),
      ).toBe("");
      expect(
        await differenceFromCpu(() => tf.split(seeded(shape, dtype, seed), [at, shape[axis]! - at], axis), { native: ["SplitV"], label }),
      ).toBe("");
      if (shape[axis]! > 0)
        expect(await differenceFromCpu(() => tf.unstack(seeded(shape, dtype, seed), axis), { native: ["Unpack"], label })).toBe("");
    });
  });

  it("strided slices that drop an axis, which the cpu backend gets wrong with a stride", async () => {
    await tf.setBackend("native");
    const x = tf.range(0, 60).reshape([3, 4, 5]);
    // x[1, ::2, 4:0:-3]
    const part = tf.stridedSlice(x, [1, 0, 4], [2, 4, 0], [1, 2, -3], 0, 0, 0, 0, 1);
    expect(part.shape).toEqual([2, 2]);
    expect([...part.dataSync()]).toEqual([24, 21, 34, 31]);
    // x[:, tf.newaxis, 2, ::-1]
    const wide = tf.stridedSlice(x, [0, 0, 2, 4], [3, 1, 3, 0], [1, 1, 1, -1], 0b1001, 0b1001, 0, 0b0010, 0b0100);
    expect(wide.shape).toEqual([3, 1, 5]);
    expect([...wide.dataSync()]).toEqual([14, 13, 12, 11, 10, 34, 33, 32, 31, 30, 54, 53, 52, 51, 50]);
  });

  it("concat and stack, inputs of size 0 among them", async () => {
    await overShapes(60, async ({ shape, dtype, pick, seed, label }) => {
      const axis = pick(0, shape.length - 1);
      const lengths = Array.from({ length: pick(2, 4) }, () => pick(0, 5));
      const parts = (): tf.Tensor[] =>
        lengths.map((length, i) =>
          seeded(
            shape.map((full, k) => (k === axis ? length : full)),
            dtype,
            seed + i,
          ),
        );
      const isEmpty = shape.some((length, k) => k !== axis && length === 0) || lengths.every((length) => length === 0);
      expect(await differenceFromCpu(() => tf.concat(parts(), axis), { native: isEmpty ? [] : ["Concat"], label })).toBe("");
      if (shape.length === 6) return;
      const position = pick(0, shape.length);
      expect(
        await differenceFromCpu(
          () =>
            tf.stack(
              [1, 2, 3].map((i) => seeded(shape, dtype, seed + i)),
              position,
            ),
          {
            native: shape.includes(0) ? [] : ["Pack"],
            label,
          },
        ),
      ).toBe("");
    });
  });

  it("pad, mirror pad, tile and reverse", async () => {
    await overShapes(60, async ({ shape, dtype, pick, seed, label }) => {
      const isSmall = shape.length > 4;
      const paddings = shape.map((): [number, number] => (pick(0, 1) ? [pick(0, 2), pick(0, 2)] : [0, 0]));
      const constant = dtype === "bool" ? pick(0, 1) : pick(-2, 2);
      expect(await differenceFromCpu(() => tf.pad(seeded(shape, dtype, seed), paddings, constant), { native: ["PadV2"], label })).toBe("");
      const mode = pick(0, 1) ? "reflect" : "symmetric";
      const mirrored = shape.map((length): [number, number] => {
        const most = Math.min(3, mode === "reflect" ? length - 1 : length);
        return [pick(0, most), pick(0, most)];
      });
      if (!shape.includes(0))
        expect(
          await differenceFromCpu(() => tf.mirrorPad(seeded(shape, dtype, seed), mirrored, mode), { native: ["MirrorPad"], label }),
        ).toBe("");
      const reps = shape.map(() => pick(seed % 7 === 0 ? 0 : 1, isSmall ? 2 : 3));
      expect(await differenceFromCpu(() => tf.tile(seeded(shape, dtype, seed), reps), { native: ["Tile"], label })).toBe("");
      const axes = shuffled(shape.length, pick).slice(0, pick(1, shape.length));
      expect(await differenceFromCpu(() => tf.reverse(seeded(shape, dtype, seed), axes), { native: ["Reverse"], label })).toBe("");
    });
  });

  it("parts large enough for several threads", async () => {
    const shape = [3, 401, 97];
    const x = (): tf.Tensor => seeded(shape, "float32", 3);
    const paddings: [number, number][] = [0, 1, 2].map((axis) => [axis, 2 - axis]);
    expect(await differenceFromCpu(() => tf.slice(x(), [1, 1, 1], [2, 399, 95]), { native: ["Slice"] })).toBe("");
    expect(await differenceFromCpu(() => tf.slice(x(), [1, 0, 0], [2, 401, 97]), { native: ["Slice"] })).toBe("");
    expect(await differenceFromCpu(() => tf.concat([x(), x()], 2), { native: ["Concat"] })).toBe("");
    expect(await differenceFromCpu(() => tf.stack([x(), x()], 3), { native: ["Pack"] })).toBe("");
    expect(await differenceFromCpu(() => tf.pad(x(), paddings, 1), { native: ["PadV2"] })).toBe("");
    expect(await differenceFromCpu(() => tf.tile(x(), [1, 2, 2]), { native: ["Tile"] })).toBe("");
    expect(await differenceFromCpu(() => tf.reverse(x(), [0, 2]), { native: ["Reverse"] })).toBe("");
  });

  it("space to batch, batch to space and depth to space", async () => {
    for (const [batch, height, width, depth, block] of [
      [1, 4, 6, 4, 2],
      [3, 6, 3, 9, 3],
      [2, 1, 1, 8, 2],
      [5, 8, 8, 16, 4],
    ] as const) {
      for (const dtype of dtypes) {
        const x = (): tf.Tensor4D => seeded([batch, height, width, depth], dtype, 5) as tf.Tensor4D;
        const padding = (length: number): [number, number] => [1, (block - ((length + 1) % block)) % block];
        const paddings = [padding(height), padding(width)];
        expect(await differenceFromCpu(() => tf.spaceToBatchND(x(), [block, block], paddings), { native: ["SpaceToBatchND"] })).toBe("");
        expect(
          await differenceFromCpu(() => tf.batchToSpaceND(tf.spaceToBatchND(x(), [block, block], paddings), [block, block], paddings), {
            native: ["BatchToSpaceND"],
          }),
        ).toBe("");
        if (dtype === "float32") expect(await differenceFromCpu(() => tf.depthToSpace(x(), block), { native: ["DepthToSpace"] })).toBe("");
      }
    }
  });
});
