import { kernelFix } from "./fix.js";
import { computeOnHost, type HostArray, required } from "./host-kernel.js";

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** The source index of each of `size` outputs along one axis of `sourceSize` inputs, as in the forward kernel. */
function nearestSources(size: number, sourceSize: number, { alignCorners, halfPixelCenters }: ResizeAttributes): Int32Array {
  const spread = alignCorners && size > 1 ? (sourceSize - 1) / (size - 1) : sourceSize / size;
  const round = alignCorners ? Math.round : Math.floor;
  return Int32Array.from({ length: size }, (_, i) => Math.min(sourceSize - 1, round(spread * (halfPixelCenters ? i + 0.5 : i))));
}

export const resizeNearestNeighborGradient = kernelFix(
  { op: "ResizeNearestNeighborGrad", wrong: "Samples after the first read the gradient at the wrong place; halfPixelCenters is ignored." },
  ["cpu"],
  () =>
    ({ inputs, backend, attrs }) => {
      const { images, dy } = required(inputs, "images", "dy");
      const [batch, height, width, channels] = images.shape as [number, number, number, number];
      const [, outHeight, outWidth] = dy.shape as [number, number, number, number];
      const rows = nearestSources(outHeight, height, attrs as unknown as ResizeAttributes);
      const columns = nearestSources(outWidth, width, attrs as unknown as ResizeAttributes);
      return computeOnHost(backend, [dy], images.shape, "float32", (dx, dyValues) => {
        let from = 0;
        for (let n = 0; n < batch; n++) {
          for (const row of rows) {
            for (const column of columns) {
              const to = ((n * height + row) * width + column) * channels;
              for (let c = 0; c < channels; c++) dx[to + c]! += (dyValues as HostArray)[from++]!;
            }
          }
        }
      });
    },
);
