import { forEachWindow, numTaps, type SlidingWindow } from "./sliding-window.js";

/** Writes the input under each window position as a row `[taps * channels]` ("im2col"); padding is left as it is, so `columns` comes zeroed. */
export function gatherColumns(columns: Float32Array, x: Float32Array, window: SlidingWindow, channels: number): void {
  const rowSize = numTaps(window) * channels;
  forEachWindow(window, (position, pixels, taps, count) => {
    for (let i = 0; i < count; i++) {
      const from = pixels[i]! * channels;
      const to = position * rowSize + taps[i]! * channels;
      for (let c = 0; c < channels; c++) columns[to + c] = x[from + c]!;
    }
  });
}

/** The transpose of {@link gatherColumns}: adds each row back to the input under its window position ("col2im"). */
export function scatterColumns(dx: Float32Array, columns: Float32Array, window: SlidingWindow, channels: number): void {
  const rowSize = numTaps(window) * channels;
  forEachWindow(window, (position, pixels, taps, count) => {
    for (let i = 0; i < count; i++) {
      const to = pixels[i]! * channels;
      const from = position * rowSize + taps[i]! * channels;
      for (let c = 0; c < channels; c++) dx[to + c]! += columns[from + c]!;
    }
  });
}
