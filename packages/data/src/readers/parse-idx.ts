import { checkOptions, oneOf, SnapfitError, wholeNumberFrom, type OptionChecks, type HostTensor, type ShapeOf } from "@snapfit/base";

/** Element types of IDX files that are read. */
export type IdxDType = "uint8" | "int32" | "float32";

/** Options of {@link parseIdx} and `readIdx`. */
export interface IdxOptions<Rank extends number, DType extends IdxDType> {
  /** Number of dimensions to expect; it becomes part of the type. */
  readonly rank?: Rank;
  /** Element type to expect; it becomes part of the type. */
  readonly dtype?: DType;
}

export const idxChecks = { rank: wholeNumberFrom(0), dtype: oneOf("uint8", "int32", "float32") } satisfies OptionChecks;

const TYPES: Readonly<Record<number, { readonly dtype: IdxDType; readonly sizeBytes: number }>> = {
  0x08: { dtype: "uint8", sizeBytes: 1 },
  0x0c: { dtype: "int32", sizeBytes: 4 },
  0x0d: { dtype: "float32", sizeBytes: 4 },
};

/**
 * The array in an IDX file, the format of MNIST: two zero bytes, a type code, the number of dimensions, their lengths as big-endian uint32, then the values, big-endian.
 * Unsigned bytes are not copied: `data` looks into `bytes`.
 * @param bytes the file, not compressed. @param file its name, for messages.
 * @throws SnapfitError `IDX_MALFORMED` with the file, the byte, and what was expected there; `IDX_OTHER` if it is not of the rank or dtype asked for; `OPTION_UNKNOWN`, `OPTION_INVALID`.
 */
export function parseIdx<Rank extends number = number, DType extends IdxDType = IdxDType>(
  bytes: Uint8Array,
  options: IdxOptions<Rank, DType> = {},
  file = "IDX data",
): HostTensor<Rank, DType> {
  checkOptions("parseIdx()", options, idxChecks);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = readType(bytes, file);
  const rank = bytes[3]!;
  const start = 4 + 4 * rank;
  if (bytes.length < start)
    throw malformed(file, bytes.length, `the file ends in its header, which has ${start} bytes for ${rank} dimensions`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const numValues = shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1);
  const end = start + numValues * type.sizeBytes;
  const values = `[${shape.join(", ")}] ${type.dtype} values from byte ${start} on`;
  if (bytes.length < end) throw malformed(file, bytes.length, `the file ends, but its header tells of ${values}: ${end} bytes in all`);
  if (bytes.length > end) throw malformed(file, end, `there are ${bytes.length - end} bytes more than its header tells of: ${values}`);
  checkKind(file, shape.length, type.dtype, options);
  const data = readValues(view, type.dtype, start, numValues);
  return { dtype: type.dtype as DType, shape: shape as readonly number[] as ShapeOf<Rank>, data } as HostTensor<Rank, DType>;
}

function readType(bytes: Uint8Array, file: string): { readonly dtype: IdxDType; readonly sizeBytes: number } {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    throw malformed(file, 0, "these are gzip bytes, but unpacked ones are expected (readIdx() of @snapfit/data/node unpacks by itself)");
  if (bytes.length < 4) throw malformed(file, bytes.length, "the file ends, but an IDX header has at least 4 bytes");
  if (bytes[0] !== 0 || bytes[1] !== 0)
    throw malformed(file, 0, `there are ${hex(bytes[0]!)} ${hex(bytes[1]!)}, but an IDX file begins with 00 00`);
  const type = TYPES[bytes[2]!];
  if (!type) throw malformed(file, 2, `the type code is ${hex(bytes[2]!)}, but 08 (unsigned byte), 0c (int32) or 0d (float32) is expected`);
  return type;
}

function checkKind(file: string, rank: number, dtype: IdxDType, expected: IdxOptions<number, IdxDType>): void {
  if ((expected.rank ?? rank) === rank && (expected.dtype ?? dtype) === dtype) return;
  throw new SnapfitError(
    "IDX_OTHER",
    `${file} holds ${dtype} values of ${rank} dimensions, but ${expected.dtype ?? dtype} of ${expected.rank ?? rank} were asked for. Images and labels may be mixed up. Check the path, or the rank and dtype asked for.`,
  );
}

function readValues(view: DataView, dtype: IdxDType, start: number, length: number): Uint8Array | Int32Array | Float32Array {
  if (dtype === "uint8") return new Uint8Array(view.buffer, view.byteOffset + start, length);
  if (dtype === "int32") return Int32Array.from({ length }, (_, i) => view.getInt32(start + 4 * i));
  return Float32Array.from({ length }, (_, i) => view.getFloat32(start + 4 * i));
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** An `IDX_MALFORMED` error. */
export function malformed(file: string, byte: number, what: string, cause?: unknown): SnapfitError<"IDX_MALFORMED"> {
  return new SnapfitError(
    "IDX_MALFORMED",
    `${file}, byte ${byte}: ${what}. Fetch the file again.`,
    cause === undefined ? undefined : { cause },
  );
}
