import { kernelFix } from "./fix.js";
import { computeOnHost, required } from "./host-kernel.js";

export const clipByValue = kernelFix(
  { op: "ClipByValue", wrong: "NaN becomes a bound, which hides divergence." },
  ["wasm"],
  () =>
    ({ inputs, backend, attrs }) => {
      const { x } = required(inputs, "x");
      const { clipValueMin, clipValueMax } = attrs as unknown as { clipValueMin: number; clipValueMax: number };
      return computeOnHost(backend, [x], x.shape, x.dtype, (clipped, values) => {
        // Comparisons with NaN are false, so that NaN stays.
        for (let i = 0; i < clipped.length; i++) {
          const value = values![i]!;
          clipped[i] = value < clipValueMin ? clipValueMin : value > clipValueMax ? clipValueMax : value;
        }
      });
    },
);
