import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { accumulateReversed } from "../src/webgpu-cumulative.js";

/** Acts like webgpu's kernel: the reverse form remembers the axis length of its first use. */
function withStaleLength(kernel: tf.KernelFunc): tf.KernelFunc {
  let length: number | undefined;
  return (args) => {
    if (args.attrs?.["reverse"] !== true) return kernel(args);
    length ??= args.inputs["x"]!.shape.at(-1)!;
    if (length !== args.inputs["x"]!.shape.at(-1)) throw new Error("stale length");
    return kernel(args);
  };
}

describe.each([
  ["Cumsum", [10, 9, 7, 4], [9, 7, 4, 0]],
  ["Cumprod", [24, 24, 12, 4], [24, 12, 4, 1]],
] as const)("%s by reversing twice", (op, inclusive, exclusive) => {
  it("gives the reverse form for every length, and leaves no data behind", async () => {
    await tf.setBackend("cpu");
    const stale = withStaleLength(tf.getKernel(op, "cpu").kernelFunc);
    const kernel = accumulateReversed(stale, "cpu");
    const run = async (x: tf.Tensor, isExclusive: boolean, reverse: boolean): Promise<number[]> => {
      const info = kernel({
        inputs: { x },
        backend: tf.engine().backend,
        attrs: { axis: 0, exclusive: isExclusive, reverse },
      }) as tf.TensorInfo;
      const { values } = (tf.engine().backend as unknown as { data: { get(id: object): { values: Float32Array } } }).data.get(info.dataId);
      tf.engine().backend.disposeData(info.dataId);
      return Array.from(values);
    };
    const x = tf.tensor1d([1, 2, 3, 4]);
    const longer = tf.tensor1d([1, 1, 1, 1, 1, 1]);
    const before = tf.engine().backend.numDataIds();
    expect(await run(x, false, true)).toEqual(inclusive);
    expect(await run(x, true, true)).toEqual(exclusive);
    expect(await run(longer, false, true)).toEqual(op === "Cumsum" ? [6, 5, 4, 3, 2, 1] : [1, 1, 1, 1, 1, 1]);
    expect(await run(x, false, false)).toEqual(op === "Cumsum" ? [1, 3, 6, 10] : [1, 2, 6, 24]);
    expect(tf.engine().backend.numDataIds()).toBe(before);
    tf.dispose([x, longer]);
  });
});
