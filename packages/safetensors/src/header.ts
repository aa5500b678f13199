import { checkDtype, tensorBytes } from "./tensor-size.js";
import type { SafetensorsDtype } from "./dtype.js";
import { HeaderScanner } from "./header-scanner.js";
import { quoted, safetensorsError } from "./safetensors-error.js";

/** Bytes of the length that stands before the header. */
export const PREFIX_BYTES = 8;

/** The official library refuses longer ones, too. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Where a tensor lies in its file. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  /** `[]` is a scalar. */
  readonly shape: readonly number[];
  /** Of the first byte, from the beginning of its file. */
  readonly offset: number;
  readonly lengthBytes: number;
}

/** What stands before the payload. */
export interface SafetensorsHeader {
  /** In the order of the file; empty where it has none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of the payload. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
}

/**
 * Length of the header, from the first 8 bytes of a file.
 * @throws SnapfitError `HEADER_LENGTH` if there are fewer, or they say more than 100 MB or more than the file has.
 */
export function headerBytes(prefix: Uint8Array, fileBytes: number): number {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = prefix.length < PREFIX_BYTES ? undefined : Number(view.getBigUint64(0, true));
  if (length !== undefined && length <= MAX_HEADER_BYTES && length <= fileBytes - PREFIX_BYTES) return length;
  const what =
    length === undefined ? "The file is shorter than 8 bytes" : `The file of ${fileBytes} bytes says that its header has ${length}`;
  throw safetensorsError(
    "HEADER_LENGTH",
    `${what}. A header fits into the file and 100 MB. This is no safetensors file, or it is cut off.`,
  );
}

/**
 * Reads and checks a header. Accepts only what leaves no byte of the file unclaimed or claimed twice.
 * @param header the bytes behind the length. @param fileBytes size of the whole file.
 * @throws SnapfitError `HEADER_INVALID`, `DUPLICATE_KEY`, `DTYPE_UNKNOWN`, `SHAPE_INVALID` or `OFFSETS_INVALID`.
 */
export function parseHeader(header: Uint8Array, fileBytes: number): SafetensorsHeader {
  const { metadata, entries: scanned } = new HeaderScanner(decode(header));
  const payload = PREFIX_BYTES + header.length;
  const sorted = [...scanned].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  const entries = new Map<string, SafetensorsEntry>();
  let next = 0;
  for (const [name, { dtype: dtypeText, shape, begin, end }] of sorted) {
    const dtype = checkDtype(name, dtypeText);
    const lengthBytes = tensorBytes(name, dtype, shape);
    if (begin !== next || end - begin !== lengthBytes || end > fileBytes - payload)
      throw safetensorsError(
        "OFFSETS_INVALID",
        `Tensor ${quoted(name)}, ${dtype} [${shape.join(", ")}], has the offsets [${begin}, ${end}]; expected [${next}, ${next + lengthBytes}] in a payload of ${fileBytes - payload} bytes. Tensors lie one behind the other. The file is damaged or cut off.`,
      );
    entries.set(name, { dtype, shape, offset: payload + begin, lengthBytes });
    next = end;
  }
  if (payload + next !== fileBytes)
    throw safetensorsError(
      "OFFSETS_INVALID",
      `The file has ${fileBytes - payload - next} bytes behind its last tensor. Tensors fill it to the end. The file is damaged, or something was added to it.`,
    );
  return { metadata, entries };
}

function decode(header: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw safetensorsError("HEADER_INVALID", "The header is not UTF-8. This is no safetensors file, or it is damaged.", cause);
  }
}
