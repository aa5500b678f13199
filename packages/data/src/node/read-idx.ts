import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DiskStorage } from "@snapfit/base/node";
import { checkOptions, type HostTensor } from "@snapfit/base";
import { idxChecks, malformed, parseIdx, type IdxDType, type IdxOptions } from "../readers/parse-idx.js";

const unpack = promisify(gunzip);

/**
 * The array in an IDX file, compressed with gzip or not.
 * @throws SnapfitError as `parseIdx`, and those of reading a file (`NOT_FOUND`, …).
 *
 * @example
 * ```ts no-run
 * const images = await readIdx("mnist/train-images-idx3-ubyte.gz", { rank: 3, dtype: "uint8" });
 * console.log(images.shape); // [ 60000, 28, 28 ]
 * ```
 */
export async function readIdx<Rank extends number = number, DType extends IdxDType = IdxDType>(
  path: string,
  options: IdxOptions<Rank, DType> = {},
): Promise<HostTensor<Rank, DType>> {
  checkOptions("readIdx()", options, idxChecks);
  const bytes = await new DiskStorage().read(path);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return parseIdx(isGzip ? await gunzipFile(path, bytes) : bytes, options, path);
}

async function gunzipFile(path: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await unpack(bytes);
  } catch (cause) {
    throw malformed(path, 0, `the file is not complete gzip data (${(cause as Error).message})`, cause);
  }
}
