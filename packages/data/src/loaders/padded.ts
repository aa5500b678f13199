import { anyNumber, checkOptions, isHostTensor, SnapfitError, wholeNumberFrom, type HostTensor } from "@snapfit/base";
import { collate, vector, type Collated } from "./collate.js";

/** How a field is padded. */
export interface PadOptions {
  /** The padded length is a multiple of it: fewer different shapes. @default 1 */
  readonly multipleOf?: number;
  /** What the places after a sample's end hold; of bool arrays 0 or 1. @default 0 */
  readonly value?: number;
}

/** Arrays of different lengths in one. */
export interface PaddedArrays<Values> {
  /** [samples, length of the longest one, ...] */
  readonly values: Values;
  /** [samples] */
  readonly lengths: HostTensor<1, "int32">;
  /** [samples, length of the longest one]: 1 where a sample has values, 0 after its end. */
  readonly mask: HostTensor<2, "bool">;
}

/** What {@link padded} makes of samples: the batch of `collate`, with {@link PaddedArrays} in the fields that are padded. */
export type PaddedBatch<Sample, Names> = {
  readonly [Name in keyof Sample]: Name extends Names ? PaddedArrays<Collated<Sample[Name]>> : Collated<Sample[Name]>;
};

/**
 * A `collate` for samples with arrays of different lengths: the fields that it is told of are padded at the end of their first dimension to the longest one's length,
 * the others are put together as by `collate`.
 * @param fields by name: host tensors [length, ...] or typed arrays.
 * @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID`; from the function, `COLLATE` that names the field and the samples that differ, and `OPTION_INVALID` for a value that the arrays cannot hold.
 *
 * @example
 * const texts = [[5, 6, 7], [8]].map((tokens, i) => ({ tokens: Int32Array.from(tokens), label: i }));
 * for await (const { tokens, label } of loader({ length: 2, at: (i) => texts[i]! }, { collate: padded({ tokens: { multipleOf: 4 } }) })) {
 *   console.log(tokens.values.shape, tokens.lengths.data, tokens.mask.data, label.shape); // [ 2, 4 ] Int32Array(2) [ 3, 1 ] Uint8Array(8) [ 1, 1, 1, 0, 1, 0, 0, 0 ] [ 2 ]
 * }
 */
export function padded<const Name extends string>(
  fields: Readonly<Record<Name, PadOptions>>,
): <Sample extends Readonly<Record<Name, unknown>>>(samples: readonly Sample[]) => PaddedBatch<Sample, Name> {
  const checks = { multipleOf: wholeNumberFrom(1), value: anyNumber };
  for (const [name, options] of Object.entries(fields)) checkOptions("padded()", options, checks, [], name);
  return <Sample extends Readonly<Record<Name, unknown>>>(samples: readonly Sample[]) => {
    const others = samples.map((sample) => Object.fromEntries(Object.entries(sample).filter(([name]) => !Object.hasOwn(fields, name))));
    const arrays = Object.entries<PadOptions>(fields).map(([name, options]) => {
      const values = samples.map((sample) => vector((sample as Readonly<Record<string, unknown>>)[name]));
      return [name, padField(name, values, options)] as const;
    });
    return { ...collate(others), ...Object.fromEntries(arrays) } as PaddedBatch<Sample, Name>;
  };
}

function padField(name: string, samples: readonly unknown[], { multipleOf = 1, value = 0 }: PadOptions): PaddedArrays<HostTensor> {
  const tensors = samples.map((sample, i) => {
    if (isHostTensor(sample) && sample.shape.length > 0) return sample;
    throw differ(name, `sample ${i} of the batch is no array with a first dimension`);
  });
  const { dtype, shape, data } = tensors[0]!;
  const row = shape.slice(1);
  tensors.forEach((tensor, i) => {
    if (tensor.dtype === dtype && String(tensor.shape.slice(1)) === String(row)) return;
    throw differ(
      name,
      `sample ${i} of the batch is ${tensor.dtype} [${tensor.shape.join(", ")}], but sample 0 is ${dtype} [${shape.join(", ")}]`,
    );
  });
  if (!holds(tensors[0]!, value))
    throw new SnapfitError(
      "OPTION_INVALID",
      `padded() got ${name}.value: ${value} for ${dtype} arrays. It takes a value that they can hold.`,
    );
  const lengths = Int32Array.from(tensors, (tensor) => tensor.shape[0]!);
  const length = Math.ceil(Math.max(...lengths) / multipleOf) * multipleOf;
  const rowSize = row.reduce((product, size) => product * size, 1);
  const values = new (data.constructor as Float32ArrayConstructor)(tensors.length * length * rowSize).fill(value);
  const mask = new Uint8Array(tensors.length * length);
  tensors.forEach((tensor, i) => {
    values.set(tensor.data, i * length * rowSize);
    mask.fill(1, i * length, i * length + lengths[i]!);
  });
  return {
    values: { dtype, shape: [tensors.length, length, ...row], data: values },
    lengths: { dtype: "int32", shape: [tensors.length], data: lengths },
    mask: { dtype: "bool", shape: [tensors.length, length], data: mask },
  };
}

/** Whether an array gives a value back as it is; of floats any that is rounded does. */
function holds({ dtype, data }: HostTensor, value: number): boolean {
  if (dtype === "bool") return value === 0 || value === 1;
  return dtype === "float32" || (data.constructor as Int32ArrayConstructor).of(value)[0] === value;
}

function differ(name: string, what: string): SnapfitError<"COLLATE"> {
  return new SnapfitError(
    "COLLATE",
    `Samples do not fit into one padded batch: "${name}" of ${what}. Arrays may differ in their first dimension only. Change them with \`transform\`.`,
  );
}
