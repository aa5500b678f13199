import { readPlanes } from "./jpeg-planes.js";
import { joinPlanes } from "./jpeg-pixels.js";
import { JpegSegments } from "./jpeg-segments.js";
import type { RawImage } from "./raw-image.js";

/** What stands before the first scan of a JPEG. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly numComponents: number;
  /** Exif orientation, 1 to 8. */
  readonly orientation: number;
  /** Decodes the pixels, not turned. */
  decode(): RawImage;
}

/** Reads a JPEG up to its pixels: baseline or progressive, 8 bits, 1, 3 or 4 components (T.81). */
export function readJpegHeader(bytes: Uint8Array, file: string): JpegHeader {
  const segments = new JpegSegments(bytes, file);
  const first = segments.nextScan();
  if (!first) throw segments.fault(segments.position, "it ends without an image");
  const { width, height, components } = segments.frame!;
  return {
    width,
    height,
    numComponents: components.length,
    orientation: segments.orientation,
    decode: () => ({
      width,
      height,
      channels: components.length === 1 ? 1 : 3,
      data: joinPlanes(segments, readPlanes(bytes, segments, first)),
    }),
  };
}
