import { anyObject, checkOptions, nearestName, type HostDType, type HostTensor } from "@snapfit/base";
import { npyFault } from "./npy-error.js";
import type { NpyArray } from "./npy-values.js";
import { checkNpyOptions, parseNpy, type NpyOptions } from "./parse-npy.js";
import { readZip } from "./read-zip.js";

/** The arrays to read of an NPZ file: for each name what `parseNpy` takes. */
export type NpzArrays = Readonly<Record<string, NpyOptions<number, HostDType>>>;

/** Options of {@link parseNpz} and `readNpz`. */
export interface NpzOptions<Arrays extends NpzArrays> {
  /** The arrays to read, by name; others are left out. */
  readonly arrays: Arrays;
}

/** The host tensors of {@link NpzOptions.arrays}. They can be passed on to `arrays()`. */
export type NpzTensors<Arrays extends NpzArrays> = {
  readonly [Name in keyof Arrays]: HostTensor<Arrays[Name]["rank"] extends number ? Arrays[Name]["rank"] : number, Arrays[Name]["dtype"]>;
};

/**
 * The arrays in an NPZ file, as `numpy.savez` and `savez_compressed` write it: all of them as they are, or some as host tensors.
 * @param file name of the file, for messages.
 * @throws SnapfitError as `parseNpy`, with the array's name; `NPY_MALFORMED` for a damaged ZIP, `NPY_OTHER` if an array is not there.
 */
export function parseNpz(bytes: Uint8Array): Record<string, NpyArray>;
export function parseNpz<const Arrays extends NpzArrays>(bytes: Uint8Array, options: NpzOptions<Arrays>, file?: string): NpzTensors<Arrays>;
export function parseNpz(bytes: Uint8Array, options?: NpzOptions<NpzArrays>, file?: string): Record<string, NpyArray | HostTensor>;
export function parseNpz(bytes: Uint8Array, options?: NpzOptions<NpzArrays>, file = "NPZ data"): Record<string, NpyArray | HostTensor> {
  checkNpzOptions("parseNpz()", options);
  const entries = new Map(
    readZip(bytes, file)
      .filter(({ name }) => name.endsWith(".npy"))
      .map((entry) => [entry.name.slice(0, -".npy".length), entry]),
  );
  const names = options ? Object.keys(options.arrays) : [...entries.keys()];
  return Object.fromEntries(
    names.map((name) => {
      const entry = entries.get(name);
      if (!entry) throw missing(name, [...entries.keys()], file);
      return [name, parseNpy(entry.read(), options?.arrays[name], `${file}, array "${name}"`)];
    }),
  );
}

/** @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function checkNpzOptions(owner: string, options: NpzOptions<NpzArrays> | undefined): void {
  if (options === undefined) return;
  checkOptions(owner, options, { arrays: anyObject }, ["arrays"]);
  for (const [name, each] of Object.entries(options.arrays)) checkNpyOptions(owner, each, `arrays.${name}`);
}

function missing(name: string, names: readonly string[], file: string): Error {
  const near = nearestName(name, names);
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  return npyFault(
    "NPY_OTHER",
    file,
    `it has no array "${name}", but ${names.join(", ").slice(0, 200) || "none"}`,
    `Check the name.${hint}`,
  );
}
