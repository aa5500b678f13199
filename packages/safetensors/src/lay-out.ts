import { compareCodePoints } from "./compare-code-points.js";
import { alignmentRank, type SafetensorsDtype } from "./dtype.js";
import { MAX_HEADER_BYTES, PREFIX_BYTES } from "./header.js";
import { quoted, safetensorsError } from "./safetensors-error.js";
import { checkDtype, tensorBytes } from "./tensor-size.js";

/** Free texts by key. They are written in the given order; none is written where it is empty. */
export type SafetensorsMetadata = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

/** A file but for its payload. */
export interface SafetensorsLayout {
  /** The length, the JSON, and spaces up to a multiple of 8 bytes. */
  readonly header: Uint8Array;
  /** Names in the order in which their bytes follow, without gaps. */
  readonly order: readonly string[];
  /** Size of the whole file. */
  readonly fileBytes: number;
}

/**
 * Lays a file out as the official library does, byte for byte: tensors by falling alignment of their dtype, then by name. The payload begins
 * at a multiple of 8 bytes, so each tensor is aligned to its element.
 * @throws SnapfitError `NAME_INVALID`, `METADATA_INVALID`, `DTYPE_UNKNOWN`, `SHAPE_INVALID`, or `HEADER_LENGTH` above 100 MB.
 */
export function layOutSafetensors(
  entries: ReadonlyMap<string, { readonly dtype: SafetensorsDtype; readonly shape: readonly number[] }>,
  metadata?: SafetensorsMetadata,
): SafetensorsLayout {
  const sized = [...entries].map(([name, { dtype, shape }]) => {
    checkName(name);
    return { name, shape, dtype: checkDtype(name, dtype), lengthBytes: tensorBytes(name, dtype, shape) };
  });
  sized.sort((a, b) => alignmentRank(b.dtype) - alignmentRank(a.dtype) || compareCodePoints(a.name, b.name));
  const parts = metadataPart(metadata);
  let end = 0;
  for (const { name, dtype, shape, lengthBytes } of sized) {
    const begin = end;
    end += lengthBytes;
    parts.push(`${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${begin},${end}]}`);
  }
  const header = headerOf(`{${parts.join(",")}}`);
  return { header, order: sized.map(({ name }) => name), fileBytes: header.length + end };
}

function checkName(name: string): void {
  if (name === "__metadata__" || isBroken(name))
    throw safetensorsError(
      "NAME_INVALID",
      `A tensor is named ${quoted(name)}. A name is any text but "__metadata__", without halves of surrogate pairs. Rename the tensor.`,
    );
}

function metadataPart(metadata: SafetensorsMetadata = {}): string[] {
  const pairs: [string, unknown][] = metadata instanceof Map ? [...metadata] : Object.entries(metadata);
  for (const [key, value] of pairs) {
    if (typeof value !== "string" || isBroken(key) || isBroken(value))
      throw safetensorsError(
        "METADATA_INVALID",
        `The metadata ${quoted(key)} is ${typeof value === "string" ? quoted(value) : `a ${typeof value}`}. Keys and values are texts without halves of surrogate pairs. Turn the value into text.`,
      );
  }
  return pairs.length === 0
    ? []
    : [`"__metadata__":{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`];
}

function isBroken(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

function headerOf(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const lengthBytes = Math.ceil(text.length / 8) * 8;
  if (lengthBytes > MAX_HEADER_BYTES)
    throw safetensorsError(
      "HEADER_LENGTH",
      `The header would have ${lengthBytes} bytes. Readers take at most 100 MB. Write fewer tensors, or less metadata, into one file.`,
    );
  const header = new Uint8Array(PREFIX_BYTES + lengthBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(lengthBytes), true);
  header.set(text, PREFIX_BYTES);
  return header;
}
