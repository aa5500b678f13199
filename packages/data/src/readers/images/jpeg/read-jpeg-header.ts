import { baselineScan } from "./simd/baseline-scan.js";
import { decodeBaseline } from "./simd/decode-baseline.js";
import { readPlanes } from "./read-planes.js";
import { joinPlanes } from "./join-planes.js";
import { JpegSegments, type JpegScan } from "./jpeg-segments.js";
import type { ImageHeader } from "../image-header.js";

/** Reads a JPEG up to its pixels: baseline or progressive, 8 bits, 1, 3 or 4 components (T.81). */
export function readJpegHeader(bytes: Uint8Array, file: string): ImageHeader {
  const segments = new JpegSegments(bytes, file);
  const first = firstScan(segments);
  const { width, height, components } = segments.frame!;
  const baseline = baselineScan(segments, first);
  const decodeSlowly = (): Uint8Array => {
    const again = new JpegSegments(bytes, file);
    return joinPlanes(again, readPlanes(bytes, again, firstScan(again)));
  };
  return {
    format: "JPEG",
    width,
    height,
    isCmyk: components.length === 4,
    isQuick: baseline !== undefined,
    orientation: segments.orientation,
    decode: () => ({
      width,
      height,
      channels: components.length === 1 ? 1 : 3,
      data: (baseline && decodeBaseline(bytes, segments, baseline)) ?? decodeSlowly(),
    }),
  };
}

function firstScan(segments: JpegSegments): JpegScan {
  const scan = segments.nextScan();
  if (!scan) throw segments.fault(segments.position, "it ends without an image");
  return scan;
}
