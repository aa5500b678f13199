import * as tf from "@tensorflow/tfjs";
import { backendName } from "./kernel.js";
import { NativeBackend } from "./native-backend.js";

/** A kernel, its inputs by shape, and the weighted sum of its result. */
export interface SelfCheck {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly attrs: object;
  readonly sum: number;
}

const convolution = { strides: [1, 1], pad: "same", dataFormat: "NHWC", dilations: [1, 1], dimRoundingMode: undefined };
const image = [2, 7, 7, 16];
const filter = [3, 3, 16, 16];

/** A product, a convolution with both gradients, a pool. Values are small whole numbers, so results are exact in any order of additions. */
export const selfChecks: readonly SelfCheck[] = [
  { kernel: "BatchMatMul", inputs: { a: [2, 17, 33], b: [2, 33, 19] }, attrs: { transposeA: false, transposeB: false }, sum: 436 },
  { kernel: "Conv2D", inputs: { x: image, filter }, attrs: convolution, sum: 6901 },
  { kernel: "Conv2DBackpropInput", inputs: { dy: image, filter }, attrs: { ...convolution, inputShape: image }, sum: 2009 },
  { kernel: "Conv2DBackpropFilter", inputs: { x: image, dy: image }, attrs: { ...convolution, filterShape: filter }, sum: -1093 },
  {
    kernel: "MaxPool",
    inputs: { x: image },
    attrs: { filterSize: [2, 2], strides: [2, 2], pad: "valid", dimRoundingMode: undefined },
    sum: -39,
  },
];

/** Whole numbers from -2 to 2 in an order without a short period. */
export function selfCheckValues(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => ((Math.imul(index + 1 + 977 * seed, 2_654_435_761) >>> 16) % 5) - 2);
}

/** The sum of the values, each with a weight from -3 to 3, in double precision. */
export function weightedSum(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]! * ((index % 7) - 3);
  return sum;
}

/** Runs every check on a backend of its own. @returns the first result that differs, or undefined */
export function runSelfChecks(): string | undefined {
  const backend = new NativeBackend();
  try {
    for (const { kernel, inputs, attrs, sum } of selfChecks) {
      const tensors = Object.entries(inputs).map(([name, shape], seed) => {
        const values = selfCheckValues(tf.util.sizeFromShape(shape as number[]), seed);
        return [name, { dataId: backend.write(values, shape as number[], "float32"), shape, dtype: "float32" }] as const;
      });
      const { kernelFunc } = tf.getKernel(kernel, backendName);
      const output = kernelFunc({ inputs: Object.fromEntries(tensors) as tf.NamedTensorInfoMap, attrs: attrs as tf.NamedAttrMap, backend });
      const found = weightedSum(backend.floats(output as tf.TensorInfo));
      if (found !== sum) return `${kernel} gave ${found} where ${sum} is right`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    backend.dispose();
  }
}
