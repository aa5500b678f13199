import { isHostTensor, SnapfitError, type HostTensor } from "@snapfit/base";
import { isRecord } from "../nested-arrays.js";
import type { OneMore } from "../ranks.js";

/** What {@link collate} makes of samples of a type: arrays gain a dimension in front, records go field by field, all else becomes a list. */
export type Collated<Sample> = [Sample] extends [HostTensor<infer Rank, infer DType>]
  ? HostTensor<OneMore<Rank>, DType>
  : [Sample] extends [number]
    ? HostTensor<1, "float32">
    : [Sample] extends [boolean]
      ? HostTensor<1, "bool">
      : [Sample] extends [Float32Array]
        ? HostTensor<2, "float32">
        : [Sample] extends [Int32Array]
          ? HostTensor<2, "int32">
          : [Sample] extends [Uint8Array]
            ? HostTensor<2, "uint8">
            : [Sample] extends [string | bigint | null | undefined | readonly unknown[] | ((...args: never) => unknown)]
              ? Sample[]
              : [Sample] extends [object]
                ? { readonly [Name in keyof Sample]: Collated<Sample[Name]> }
                : Sample[];

/**
 * Puts samples together into a batch, in arrays of its own: host tensors and typed arrays are stacked along a new first dimension, numbers become float32 and booleans bool,
 * records are taken field by field, strings and all else become lists. Class labels that should be int32 are best given as `hostTensor(Int32Array.of(label), [])`.
 * @param samples at least one, all of the same form.
 * @throws SnapfitError `COLLATE` that names the field and the samples that differ.
 */
export function collate<Sample>(samples: readonly Sample[]): Collated<Sample> {
  if (samples.length === 0) throw new SnapfitError("COLLATE", "collate() got no samples. A batch has at least one. Check what calls it.");
  const nothing = samples.findIndex((sample) => sample === undefined);
  if (nothing >= 0)
    throw new SnapfitError(
      "COLLATE",
      `Sample ${nothing} of the batch is undefined. The set's at() and the transform return the sample. Look whether one of them lacks a return.`,
    );
  return collateField(samples, "") as Collated<Sample>;
}

function collateField(samples: readonly unknown[], path: string): unknown {
  const first = samples[0];
  if (isHostTensor(first)) return stack(samples, path);
  if (first instanceof Float32Array || first instanceof Int32Array || first instanceof Uint8Array) return stack(samples.map(vector), path);
  if (typeof first === "number") return collateScalars(samples, "number", path);
  if (typeof first === "boolean") return collateScalars(samples, "boolean", path);
  if (!isRecord(first)) return [...samples];
  const names = Object.keys(first);
  samples.forEach((sample, i) => {
    const isSame = isRecord(sample) && Object.keys(sample).length === names.length && names.every((name) => Object.hasOwn(sample, name));
    if (!isSame) throw differ(path, i, "has other fields");
  });
  return Object.fromEntries(
    names.map((name) => [
      name,
      collateField(
        samples.map((sample) => (sample as Record<string, unknown>)[name]),
        path === "" ? name : `${path}.${name}`,
      ),
    ]),
  );
}

function collateScalars(samples: readonly unknown[], type: "number" | "boolean", path: string): HostTensor {
  samples.forEach((sample, i) => {
    if (typeof sample !== type) throw differ(path, i, `is no ${type}`);
  });
  const shape = [samples.length];
  return type === "number"
    ? { dtype: "float32", shape, data: Float32Array.from(samples as number[]) }
    : { dtype: "bool", shape, data: Uint8Array.from(samples as boolean[], Number) };
}

/** A typed array as a tensor of one dimension; anything else as it is. */
export function vector(data: unknown): unknown {
  if (data instanceof Float32Array) return { dtype: "float32", shape: [data.length], data };
  if (data instanceof Int32Array) return { dtype: "int32", shape: [data.length], data };
  return data instanceof Uint8Array ? { dtype: "uint8", shape: [data.length], data } : data;
}

function stack(samples: readonly unknown[], path: string): HostTensor {
  const { dtype, shape, data } = samples[0] as HostTensor;
  const rows = new (data.constructor as new (length: number) => typeof data)(samples.length * data.length);
  samples.forEach((sample, i) => {
    if (!isHostTensor(sample)) throw differ(path, i, "is no array");
    const isSame =
      sample.dtype === dtype && sample.shape.length === shape.length && sample.shape.every((size, axis) => size === shape[axis]);
    if (!isSame) throw differ(path, i, `is ${sample.dtype} [${sample.shape.join(", ")}], but sample 0 is ${dtype} [${shape.join(", ")}]`);
    rows.set(sample.data, i * data.length);
  });
  return { dtype, shape: [samples.length, ...shape], data: rows };
}

function differ(path: string, index: number, what: string): SnapfitError<"COLLATE"> {
  return new SnapfitError(
    "COLLATE",
    `Samples do not fit into one batch: ${path === "" ? "" : `"${path}" of `}sample ${index} of the batch ${what}. All samples have the same form. Crop or pad them with \`transform\`, or pass your own \`collate\`.`,
  );
}
