import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import "@snapfit/native";
import type { NativeBackend } from "@snapfit/native";
import { convolutionPasses } from "../src/kernels/convolution-geometry.js";
import { packedFilter } from "../src/kernels/convolution-packed-filters.js";
import { convolutionGeometry } from "../src/kernels/convolution-geometry.js";
import { convolutionImplementation } from "../src/kernels/convolution-passes.js";
import { wrongGradients } from "./gradients/check-gradient.js";
import { randomValues } from "./on-both-backends.js";

beforeAll(async () => {
  await tf.setBackend("native");
});

const random = (shape: [number, number, number, number], seed: number): tf.Tensor4D => tf.tensor4d(randomValues(shape, seed), shape);

describe("filters in oneDNN's layouts", () => {
  it("are kept from the second use of the same values, and made anew when these change", async () => {
    const backend = tf.backend() as NativeBackend;
    const x = random([2, 12, 12, 32], 1);
    const filter = tf.variable(random([3, 3, 32, 64], 2));
    const memory = backend.memoryOf(filter);
    const first = await tf.conv2d(x, filter, 1, "same").data();
    const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, 1, 1, "same");
    for (let i = 0; i < 3; i++) expect([...(await tf.conv2d(x, filter, 1, "same").data())]).toEqual([...first]);
    const kept = packedFilter(memory, convolutionGeometry(info)!, "forward", false);
    expect(kept).toMatchObject({ version: memory.version });
    // Another batch size has the same layout, and need not the same result bits.
    const half = tf.slice(x, [0, 0, 0, 0], [1, 12, 12, 32]);
    const part = await tf.conv2d(half, filter, 1, "same").data();
    expect(Math.max(...part.map((value, i) => Math.abs(value - first[i]!)))).toBeLessThan(1e-5);
    // A write in place, as by an optimizer's step.
    const values = backend.floats(filter);
    values.forEach((value, i) => (values[i] = 2 * value));
    memory.markWritten();
    for (let i = 0; i < 3; i++) {
      const doubled = await tf.conv2d(x, filter, 1, "same").data();
      expect(Math.max(...doubled.map((value, k) => Math.abs(value - 2 * first[k]!)))).toBeLessThan(1e-5);
    }
    // New values by assignment.
    filter.assign(tf.zeros([3, 3, 32, 64]));
    for (let i = 0; i < 3; i++) expect((await tf.conv2d(x, filter, 1, "same").data()).every((value) => value === 0)).toBe(true);
    filter.dispose();
  });

  it("are kept for the gradient of the input too, apart from those of the forward pass", async () => {
    const x = random([2, 10, 10, 20], 3);
    const filter = random([3, 3, 20, 40], 4);
    const gradient = tf.grad((input) => tf.sum(tf.square(tf.conv2d(input as tf.Tensor4D, filter, 2, "same"))));
    const first = await gradient(x).data();
    for (let i = 0; i < 3; i++) expect([...(await gradient(x).data())]).toEqual([...first]);
  });

  it("serve two layers of the same shape with their own values", async () => {
    const x = random([1, 8, 8, 16], 5);
    const [a, b] = [random([3, 3, 16, 16], 6), random([3, 3, 16, 16], 7)];
    const ofA = await tf.conv2d(x, a, 1, "same").data();
    const ofB = await tf.conv2d(x, b, 1, "same").data();
    for (let i = 0; i < 2; i++) {
      expect([...(await tf.conv2d(x, a, 1, "same").data())]).toEqual([...ofA]);
      expect([...(await tf.conv2d(x, b, 1, "same").data())]).toEqual([...ofB]);
    }
  });
});

describe("dilated convolutions", () => {
  it("have gradients over three axes and per channel, for every padding", async () => {
    for (const pad of ["same", "valid"] as const) {
      for (const [x, filter] of [
        [
          [2, 6, 7, 8, 2],
          [2, 2, 3, 2, 3],
        ],
        [
          [1, 7, 5, 6, 3],
          [3, 2, 2, 3, 1],
        ],
      ] as const) {
        const volumes = await wrongGradients(
          {
            inputs: [{ shape: x }, { shape: filter }],
            run: (a, b) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 1, pad, "NDHWC", [2, 1, 2]),
          },
          1,
        );
        expect(volumes).toEqual([]);
      }
      const images = await wrongGradients(
        {
          inputs: [{ shape: [2, 9, 8, 3] }, { shape: [3, 2, 3, 2] }],
          run: (a, b) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, pad, "NHWC", [2, 3]),
        },
        2,
      );
      expect(images).toEqual([]);
    }
  });

  it("have a gradient of the gradient", async () => {
    const filter = random([3, 3, 2, 3], 8);
    const problems = await wrongGradients(
      {
        inputs: [{ shape: [2, 8, 8, 2] }],
        run: (x) => tf.grad((input: tf.Tensor) => tf.sum(tf.square(tf.conv2d(input as tf.Tensor4D, filter, 1, "same", "NHWC", 2))))(x),
      },
      3,
    );
    expect(problems).toEqual([]);
  });
});

describe("oneDNN's code for the benchmarks' convolutions", () => {
  // Batch, side, channels in and out, side of the filter, stride, padding.
  const layers = [
    [64, 28, 1, 32, 3, 1, "valid"],
    [64, 26, 32, 64, 3, 1, "valid"],
    [32, 32, 3, 64, 3, 1, "same"],
    ...[64, 128, 256, 512].map((channels, i) => [32, 32 >> i, channels, channels, 3, 1, "same"] as const),
    ...[64, 128, 256].flatMap((channels, i) => [
      [32, 32 >> i, channels, 2 * channels, 3, 2, "same"] as const,
      [32, 32 >> i, channels, 2 * channels, 1, 2, "same"] as const,
    ]),
  ] as const;

  it("is never the slow one", () => {
    for (const [batch, side, inputs, outputs, window, stride, pad] of layers) {
      const info = tf.backend_util.computeConv2DInfo([batch, side, side, inputs], [window, window, inputs, outputs], stride, 1, pad);
      for (const pass of convolutionPasses) {
        expect(convolutionImplementation(info, pass), `${pass} ${side}x${side}x${inputs} -> ${outputs}`).not.toMatch(/gemm|ref|none/);
      }
    }
  });

  it("is never the slow one per channel", () => {
    for (const stride of [1, 2]) {
      const info = tf.backend_util.computeConv2DInfo([32, 28, 28, 64], [3, 3, 64, 1], stride, 1, "same", undefined, true);
      for (const pass of convolutionPasses)
        expect(convolutionImplementation(info, pass, { isDepthwise: true }), pass).not.toMatch(/gemm|ref|none/);
    }
  });
});
