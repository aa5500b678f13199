import * as tf from "@tensorflow/tfjs";
import { kernelFix } from "./fix.js";
import { computeOnHost, required } from "./host-kernel.js";
import { forEachWindow, window3d } from "./sliding-window.js";

export const maxPool3d = kernelFix(
  { op: "MaxPool3D", wrong: "Windows that hold no positive value give about 0 instead of their maximum." },
  ["wasm"],
  () =>
    ({ inputs, backend, attrs }) => {
      const { x } = required(inputs, "x");
      const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as {
        filterSize: number;
        strides: number;
        pad: "same" | "valid";
        dimRoundingMode?: "floor" | "round" | "ceil";
      };
      const info = tf.backend_util.computePool3DInfo(
        x.shape as [number, number, number, number, number],
        filterSize,
        strides,
        1,
        pad,
        dimRoundingMode,
      );
      const channels = info.inChannels;
      return computeOnHost(backend, [x], info.outShape, x.dtype, (y, values) =>
        forEachWindow(window3d(info), (position, pixels, _taps, count) => {
          for (let c = 0; c < channels; c++) {
            let largest = Number.NEGATIVE_INFINITY;
            for (let i = 0; i < count; i++) {
              const value = values![pixels[i]! * channels + c]!;
              if (!(value <= largest)) largest = value;
            }
            y[position * channels + c] = largest;
          }
        }),
      );
    },
);
