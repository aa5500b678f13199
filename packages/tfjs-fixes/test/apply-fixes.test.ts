import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { applyFixes } from "../src/index.js";

/** What the test below overrides. */
interface ReadableBackend {
  readSync(dataId: object): unknown;
  read(dataId: object): Promise<unknown>;
}

/** A cpu backend that, once locked, cannot be read without waiting: as webgpu in Node. */
async function asynchronousBackend(): Promise<ReadableBackend & { isLocked: boolean }> {
  await tf.setBackend("cpu");
  const CpuBackend = tf.backend().constructor as new () => ReadableBackend;
  return new (class extends CpuBackend {
    isLocked = false;
    override readSync(dataId: object): unknown {
      if (this.isLocked) throw new Error("readSync is not available");
      return super.readSync(dataId);
    }
    override async read(dataId: object): Promise<unknown> {
      return super.readSync(dataId);
    }
  })();
}

describe("applyFixes", () => {
  it("applies only what all backends share where the backend is not loaded, and the rest once it is", async () => {
    expect(applyFixes("wasm").every(({ backend }) => backend === "all")).toBe(true);
    await import("@tensorflow/tfjs-backend-wasm");
    const list = applyFixes("wasm");
    expect(list.filter(({ backend }) => backend === "wasm").map(({ op }) => op)).toContain("Conv2DBackpropFilter");
  });
  it("says what it replaced, with a reason each, and changes nothing the second time", () => {
    const list = applyFixes("cpu");
    expect(list.map(({ op }) => op)).toEqual(
      expect.arrayContaining(["MirrorPad", "AvgPoolGrad", "ResizeNearestNeighborGrad", "UnsortedSegmentSum", "Slice"]),
    );
    for (const { backend, wrong } of list) expect([["cpu", "all"].includes(backend), wrong.endsWith(".")]).toEqual([true, true]);
    const kernel = tf.getKernel("Slice", "cpu").kernelFunc;
    const gradient = tf.getGradient("MirrorPad").gradFunc;
    expect(applyFixes("cpu")).toBe(list);
    expect([tf.getKernel("Slice", "cpu").kernelFunc, tf.getGradient("MirrorPad").gradFunc]).toEqual([kernel, gradient]);
  });
  it("works on a backend whose readSync throws", async () => {
    applyFixes("cpu");
    tf.copyRegisteredKernels("cpu", "asynchronous");
    const backend = await asynchronousBackend();
    tf.registerBackend("asynchronous", () => backend as unknown as tf.KernelBackend);
    expect(await tf.setBackend("asynchronous")).toBe(true);
    const table = tf.variable(tf.ones([5, 3]));
    const kernel = tf.variable(tf.ones([3, 3, 3, 2]));
    backend.isLocked = true;
    const { grads } = tf.variableGrads(() => {
      const image = tf.reshape(tf.gather(table, tf.range(0, 48, 1, "int32").mod(tf.scalar(5, "int32"))), [1, 6, 8, 3]) as tf.Tensor4D;
      const pooled = tf.avgPool(
        tf.conv2d(
          tf.mirrorPad(
            image,
            [
              [0, 0],
              [1, 1],
              [1, 1],
              [0, 0],
            ],
            "reflect",
          ),
          kernel as tf.Tensor4D,
          1,
          "valid",
          "NHWC",
          2,
        ),
        3,
        2,
        "same",
      );
      return tf.sum(tf.image.resizeBilinear(tf.image.resizeNearestNeighbor(pooled, [6, 5]), [4, 4], false, true));
    }, [table, kernel]);
    const values = await grads[kernel.name]!.data();
    // 16 outputs of an average of ones: every weight gets their number.
    values.forEach((value) => expect(value).toBeCloseTo(16, 4));
    await tf.setBackend("cpu");
    tf.removeBackend("asynchronous");
  });
});
