import type { HostDType, HostTensor } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import type { NpyArray } from "../readers/numpy/npy-values.js";
import { checkNpyOptions, parseNpy, type NpyOptions } from "../readers/numpy/parse-npy.js";
import { checkNpzOptions, parseNpz, type NpzArrays, type NpzOptions, type NpzTensors } from "../readers/numpy/parse-npz.js";

/**
 * The array in an NPY file.
 * @throws SnapfitError as `parseNpy`, and those of reading a file (`NOT_FOUND`, …).
 *
 * @example
 * ```ts no-run
 * const images = await readNpy("images.npy", { dtype: "float32", rank: 4 });
 * console.log(images.shape);
 * ```
 */
export async function readNpy(path: string): Promise<NpyArray>;
export async function readNpy<DType extends HostDType, Rank extends number = number>(
  path: string,
  options: NpyOptions<Rank, DType>,
): Promise<HostTensor<Rank, DType>>;
export async function readNpy(path: string, options?: NpyOptions<number, HostDType>): Promise<NpyArray | HostTensor> {
  checkNpyOptions("readNpy()", options);
  return parseNpy(await new DiskStorage().read(path), options, path);
}

/**
 * The arrays in an NPZ file: all, or those that `options` names, as host tensors.
 * @throws SnapfitError as `parseNpz`, and those of reading a file (`NOT_FOUND`, …).
 *
 * @example
 * ```ts no-run
 * const { x, y } = await readNpz("train.npz", { arrays: { x: { dtype: "float32", rank: 2 }, y: { dtype: "int32", rank: 1 } } });
 * console.log(x.shape, y.shape);
 * ```
 */
export async function readNpz(path: string): Promise<Record<string, NpyArray>>;
export async function readNpz<const Arrays extends NpzArrays>(path: string, options: NpzOptions<Arrays>): Promise<NpzTensors<Arrays>>;
export async function readNpz(path: string, options?: NpzOptions<NpzArrays>): Promise<Record<string, NpyArray | HostTensor>> {
  checkNpzOptions("readNpz()", options);
  return parseNpz(await new DiskStorage().read(path), options, path);
}
