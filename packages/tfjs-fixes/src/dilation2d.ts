import * as tf from "@tensorflow/tfjs";
import { type FixDefinition, kernelFix } from "./fix.js";
import { computeOnHost, type HostArray, required } from "./host-kernel.js";
import { forEachWindow, type SlidingWindow, window2d } from "./sliding-window.js";

interface DilationAttributes {
  readonly strides: [number, number];
  readonly pad: "same" | "valid" | number;
  readonly dilations: [number, number];
}

/** Calls `visit` for each output element with the indices of the input and filter elements whose sum is the largest. */
function forEachMaximum(
  window: SlidingWindow,
  channels: number,
  x: HostArray,
  filter: HostArray,
  visit: (output: number, input: number, tap: number) => void,
): void {
  forEachWindow(window, (position, pixels, taps, count) => {
    for (let c = 0; c < channels; c++) {
      let best = 0;
      let largest = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < count; i++) {
        const sum = x[pixels[i]! * channels + c]! + filter[taps[i]! * channels + c]!;
        if (sum > largest) {
          largest = sum;
          best = i;
        }
      }
      visit(position * channels + c, pixels[best]! * channels + c, taps[best]! * channels + c);
    }
  });
}

function dilationFix(
  op: string,
  wrong: string,
  compute: (output: HostArray, x: HostArray, filter: HostArray, dy: HostArray, window: SlidingWindow, channels: number) => void,
): FixDefinition {
  return kernelFix({ op, wrong }, ["wasm"], () => ({ inputs, backend, attrs }) => {
    const { x, filter, dy } = required(inputs, "x", "filter", "dy");
    const { strides, pad, dilations } = attrs as unknown as DilationAttributes;
    const info = tf.backend_util.computeDilation2DInfo(
      x.shape as [number, number, number, number],
      filter.shape as [number, number, number],
      strides,
      pad,
      "NHWC",
      dilations,
    );
    const shape = op === "Dilation2D" ? info.outShape : op === "Dilation2DBackpropInput" ? x.shape : filter.shape;
    // Forward has no dy: x stands in its place, unread.
    return computeOnHost(backend, [x, filter, op === "Dilation2D" ? x : dy], shape, x.dtype, (output, xValues, filterValues, dyValues) =>
      compute(output, xValues!, filterValues!, dyValues!, window2d(info), info.inChannels),
    );
  });
}

export const dilation2d = dilationFix("Dilation2D", "Wrong values.", (y, x, filter, _dy, window, channels) =>
  forEachMaximum(window, channels, x, filter, (output, input, tap) => {
    y[output] = x[input]! + filter[tap]!;
  }),
);

export const dilation2dInputGradient = dilationFix(
  "Dilation2DBackpropInput",
  "Windows whose sums are all negative may pick another maximum than forward.",
  (dx, x, filter, dy, window, channels) =>
    forEachMaximum(window, channels, x, filter, (output, input) => {
      dx[input]! += dy[output]!;
    }),
);

export const dilation2dFilterGradient = dilationFix(
  "Dilation2DBackpropFilter",
  "Wrong values.",
  (dFilter, x, filter, dy, window, channels) =>
    forEachMaximum(window, channels, x, filter, (output, _input, tap) => {
      dFilter[tap]! += dy[output]!;
    }),
);
