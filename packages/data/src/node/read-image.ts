import { checkOptions } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { decodeChecks, type DecodeImageOptions, type ImageTensor } from "../readers/images/decode-image.js";
import { imageDecoder } from "./image-decoder.js";

/**
 * The image in a PNG or JPEG file.
 * @throws SnapfitError as `decodeImage`, and those of reading a file (`NOT_FOUND`, …).
 *
 * @example
 * ```ts no-run
 * const image = await readImage("photo.jpg");
 * console.log(image.shape); // [ height, width, 3 ]
 * ```
 */
export async function readImage(path: string, options: DecodeImageOptions = {}): Promise<ImageTensor> {
  checkOptions("readImage()", options, decodeChecks);
  const decode = imageDecoder(options);
  return decode(await new DiskStorage().read(path), path);
}
