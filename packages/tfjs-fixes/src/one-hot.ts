import type * as tf from "@tensorflow/tfjs";
import { kernelFix } from "./fix.js";
import { computeOnHost, required } from "./host-kernel.js";

export const oneHot = kernelFix(
  { op: "OneHot", wrong: "float32 gets the bits of the integers 1 and 0, bool is written past its end." },
  ["wasm"],
  () =>
    ({ inputs, backend, attrs }) => {
      const { indices } = required(inputs, "indices");
      const {
        dtype = "int32",
        depth,
        onValue,
        offValue,
      } = attrs as unknown as { dtype?: tf.DataType; depth: number; onValue: number; offValue: number };
      return computeOnHost(backend, [indices], [...indices.shape, depth], dtype, (encoded, classes) => {
        encoded.fill(offValue);
        classes!.forEach((index, row) => {
          if (index >= 0 && index < depth) encoded[row * depth + index] = onValue;
        });
      });
    },
);
