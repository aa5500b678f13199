import * as tf from "@tensorflow/tfjs";
import { type FixDefinition, kernelFix } from "./fix.js";
import { computeOnHost, type HostArray, required } from "./host-kernel.js";
import { forEachWindow, type SlidingWindow, window2d, window3d } from "./sliding-window.js";

/** Adds each dy to the first largest element of its window. */
function scatterToMaxima(dx: HostArray, x: HostArray, dy: HostArray, window: SlidingWindow, channels: number): void {
  forEachWindow(window, (position, pixels, _taps, count) => {
    for (let c = 0; c < channels; c++) {
      let best = pixels[0]! * channels + c;
      for (let i = 1; i < count; i++) {
        const candidate = pixels[i]! * channels + c;
        if (x[candidate]! > x[best]!) best = candidate;
      }
      dx[best]! += dy[position * channels + c]!;
    }
  });
}

interface PoolAttributes {
  readonly filterSize: number;
  readonly strides: number;
  readonly pad: "same" | "valid" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

function maxPoolFix(
  op: "MaxPoolGrad" | "MaxPool3DGrad",
  windowOf: (shape: readonly number[], attrs: PoolAttributes) => SlidingWindow,
): FixDefinition {
  return kernelFix(
    { op, wrong: "No gradient reaches windows that hold no positive value." },
    ["wasm"],
    () =>
      ({ inputs, backend, attrs }) => {
        const { dy, input } = required(inputs, "dy", "input");
        const window = windowOf(input.shape, attrs as unknown as PoolAttributes);
        const channels = input.shape.at(-1)!;
        return computeOnHost(backend, [input, dy], input.shape, "float32", (dx, x, dyValues) =>
          scatterToMaxima(dx, x!, dyValues!, window, channels),
        );
      },
  );
}

export const maxPoolGradient = maxPoolFix("MaxPoolGrad", (shape, { filterSize, strides, pad, dimRoundingMode }) =>
  window2d(tf.backend_util.computePool2DInfo(shape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode)),
);

export const maxPool3dGradient = maxPoolFix("MaxPool3DGrad", (shape, { filterSize, strides, pad, dimRoundingMode }) =>
  window3d(
    tf.backend_util.computePool3DInfo(
      shape as [number, number, number, number, number],
      filterSize,
      strides,
      1,
      pad as "same",
      dimRoundingMode,
    ),
  ),
);
