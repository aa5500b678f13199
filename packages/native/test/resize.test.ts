import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { applyFixes } from "@snapfit/tfjs-fixes";
import "@snapfit/native";
import { gradientError } from "../../tfjs-fixes/test/finite-differences.js";
import { differenceFromCpu, seeded } from "./same-as-cpu.js";

const rules = [
  [false, false],
  [true, false],
  [false, true],
] as const;
const cases: [shape: [number, number, number, number], size: [number, number]][] = [
  [
    [1, 4, 4, 1],
    [8, 8],
  ],
  [
    [2, 5, 7, 3],
    [3, 11],
  ],
  [
    [3, 1, 6, 2],
    [4, 1],
  ],
  [
    [4, 9, 3, 16],
    [9, 3],
  ],
  [
    [2, 8, 8, 5],
    [1, 20],
  ],
  [
    [2, 40, 40, 11],
    [80, 60],
  ],
];

/** The gradient of f at x by the backend's own gradient kernel. */
function gradientKernel(kernel: string, dy: tf.Tensor, images: tf.Tensor, attrs: object): tf.Tensor {
  return tf.engine().runKernel(kernel, { images, dy }, attrs as never) as tf.Tensor;
}

describe("resizing images", () => {
  it("gives what the cpu backend gives, by nearest neighbours and linearly", async () => {
    for (const [shape, size] of cases) {
      for (const [alignCorners, halfPixelCenters] of rules) {
        const label = `[${shape}] to [${size}], alignCorners ${alignCorners}, halfPixelCenters ${halfPixelCenters}`;
        const x = (): tf.Tensor4D => seeded(shape, "float32", 1) as tf.Tensor4D;
        expect(
          await differenceFromCpu(() => tf.image.resizeNearestNeighbor(x(), size, alignCorners, halfPixelCenters), {
            native: ["ResizeNearestNeighbor"],
            label,
          }),
        ).toBe("");
        expect(
          await differenceFromCpu(() => tf.image.resizeBilinear(x(), size, alignCorners, halfPixelCenters), {
            native: ["ResizeBilinear"],
            tolerance: 1e-6,
            label,
          }),
        ).toBe("");
      }
    }
  });

  it("has gradient kernels that are the transposes of the kernels: <dy, R x> = <R' dy, x>", async () => {
    await tf.setBackend("native");
    const dot = (a: tf.Tensor, b: tf.Tensor): number => {
      const [left, right] = [a.dataSync<"float32">(), b.dataSync<"float32">()];
      return left.reduce((sum, value, i) => sum + value * right[i]!, 0);
    };
    for (const [shape, size] of cases) {
      for (const [alignCorners, halfPixelCenters] of rules) {
        for (const kernel of ["ResizeNearestNeighbor", "ResizeBilinear"]) {
          tf.tidy(() => {
            const attrs = { alignCorners, halfPixelCenters, size };
            const x = seeded(shape, "float32", 2);
            const dy = seeded([shape[0], ...size, shape[3]], "float32", 3);
            const y = tf.engine().runKernel(kernel, { images: x }, attrs) as tf.Tensor;
            const dx = gradientKernel(`${kernel}Grad`, dy, x, attrs);
            expect(dx.shape).toEqual(shape);
            const scale = Math.sqrt(y.size);
            expect(Math.abs(dot(dy, y) - dot(dx, x)) / scale).toBeLessThan(1e-5);
          });
        }
      }
    }
  });

  it("has gradients equal to finite differences, batches of more than one sample among them", async () => {
    await tf.setBackend("native");
    applyFixes("native");
    for (const [shape, size] of cases.slice(0, 5)) {
      for (const [alignCorners, halfPixelCenters] of rules) {
        const x = seeded(shape, "float32", 4);
        const nearest = (y: tf.Tensor): tf.Tensor => tf.image.resizeNearestNeighbor(y as tf.Tensor4D, size, alignCorners, halfPixelCenters);
        const linear = (y: tf.Tensor): tf.Tensor => tf.image.resizeBilinear(y as tf.Tensor4D, size, alignCorners, halfPixelCenters);
        expect(await gradientError(nearest, [x], 0.05), `nearest [${shape}] to [${size}]`).toBeLessThan(1e-3);
        expect(await gradientError(linear, [x], 0.05), `linear [${shape}] to [${size}]`).toBeLessThan(1e-3);
      }
    }
  });
});
