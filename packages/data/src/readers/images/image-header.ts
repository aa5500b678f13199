import type { RawImage } from "./raw-image.js";

/** What is known of an image before its pixels are decoded. */
export interface ImageHeader {
  readonly format: "PNG" | "JPEG";
  readonly width: number;
  readonly height: number;
  readonly isCmyk: boolean;
  /** How the pixels lie, 1 to 8 as in Exif. */
  readonly orientation: number;
  /** Whether `decode` is about as fast as native code. */
  readonly isQuick: boolean;
  /** Decodes the pixels, not turned. */
  decode(): RawImage;
}
