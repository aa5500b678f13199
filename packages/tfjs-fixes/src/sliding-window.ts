import type * as tf from "@tensorflow/tfjs";

type Triple = readonly [depth: number, height: number, width: number];

/** Geometry of a window that slides over `[batch, depth, height, width, channels]`. Flat operations have depth 1. */
export interface SlidingWindow {
  readonly batch: number;
  readonly input: Triple;
  readonly output: Triple;
  readonly filter: Triple;
  readonly stride: Triple;
  readonly dilation: Triple;
  /** Padding before the first element of each axis. */
  readonly padding: Triple;
}

/** The window of a 2D convolution or pooling in NHWC. */
export function window2d(info: tf.backend_util.Conv2DInfo): SlidingWindow {
  return {
    batch: info.batchSize,
    input: [1, info.inHeight, info.inWidth],
    output: [1, info.outHeight, info.outWidth],
    filter: [1, info.filterHeight, info.filterWidth],
    stride: [1, info.strideHeight, info.strideWidth],
    dilation: [1, info.dilationHeight, info.dilationWidth],
    padding: [0, info.padInfo.top, info.padInfo.left],
  };
}

/** The window of a 3D convolution or pooling in NDHWC. */
export function window3d(info: tf.backend_util.Conv3DInfo): SlidingWindow {
  return {
    batch: info.batchSize,
    input: [info.inDepth, info.inHeight, info.inWidth],
    output: [info.outDepth, info.outHeight, info.outWidth],
    filter: [info.filterDepth, info.filterHeight, info.filterWidth],
    stride: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilation: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    padding: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  };
}

/** Number of elements of the filter, without channels. */
export const numTaps = (window: SlidingWindow): number => window.filter[0] * window.filter[1] * window.filter[2];
/** Number of window positions over a whole batch. */
export const numPositions = (window: SlidingWindow): number => window.batch * window.output[0] * window.output[1] * window.output[2];

/**
 * Calls `visit` for each window position, in row-major order. Positions count elements without channels.
 * @param visit gets the position in the output, and for `count` taps inside of the input (padding is left out) the position
 *   in the input, `pixels[i]`, and in the filter, `taps[i]`. Both arrays are reused.
 */
export function forEachWindow(
  window: SlidingWindow,
  visit: (position: number, pixels: Int32Array, taps: Int32Array, count: number) => void,
): void {
  const pixels = new Int32Array(numTaps(window));
  const taps = new Int32Array(numTaps(window));
  const [depth, height, width] = window.input;
  let position = 0;
  for (let n = 0; n < window.batch; n++) {
    for (let od = 0; od < window.output[0]; od++) {
      for (let oh = 0; oh < window.output[1]; oh++) {
        for (let ow = 0; ow < window.output[2]; ow++) {
          let count = 0;
          let tap = 0;
          for (let kd = 0; kd < window.filter[0]; kd++) {
            const d = od * window.stride[0] + kd * window.dilation[0] - window.padding[0];
            for (let kh = 0; kh < window.filter[1]; kh++) {
              const h = oh * window.stride[1] + kh * window.dilation[1] - window.padding[1];
              for (let kw = 0; kw < window.filter[2]; kw++, tap++) {
                const w = ow * window.stride[2] + kw * window.dilation[2] - window.padding[2];
                if (d < 0 || d >= depth || h < 0 || h >= height || w < 0 || w >= width) continue;
                pixels[count] = ((n * depth + d) * height + h) * width + w;
                taps[count++] = tap;
              }
            }
          }
          visit(position++, pixels, taps, count);
        }
      }
    }
  }
}
