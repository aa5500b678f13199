import { checkOptions, oneOf, wholeNumberFrom, type HostDType, type HostTensor } from "@snapfit/base";
import { npyFault, npyMalformed } from "./npy-error.js";
import { convertValues, fromColumns, npyType, readValues, type NpyArray, type NpyType } from "./npy-values.js";

/** Options of {@link parseNpy} and `readNpy`. */
export interface NpyOptions<Rank extends number, DType extends HostDType> {
  /** The values become this dtype. Floats are rounded to float32; integers must fit. */
  readonly dtype: DType;
  /** Number of dimensions to expect; it becomes part of the type. */
  readonly rank?: Rank;
}

/**
 * The array in an NPY file, NumPy's format, versions 1 to 3: numbers and booleans of all sizes, in both byte orders, by rows or by columns; always given row by row.
 * Without options its dtype is the file's (`float16` becomes `float32`), and `data` looks into `bytes` where that is possible.
 * @param file name of the file, for messages.
 * @throws SnapfitError `NPY_MALFORMED` with the byte; `NPY_OTHER` for strings, objects, complex numbers, and another rank than asked for; `NPY_VALUE` if a value does not fit the dtype asked for; `OPTION_UNKNOWN`, `OPTION_INVALID`.
 * @see numpy.lib.format
 */
export function parseNpy(bytes: Uint8Array): NpyArray;
export function parseNpy<DType extends HostDType, Rank extends number = number>(
  bytes: Uint8Array,
  options: NpyOptions<Rank, DType>,
  file?: string,
): HostTensor<Rank, DType>;
export function parseNpy(bytes: Uint8Array, options?: NpyOptions<number, HostDType>, file?: string): NpyArray | HostTensor;
export function parseNpy(bytes: Uint8Array, options?: NpyOptions<number, HostDType>, file = "NPY data"): NpyArray | HostTensor {
  checkNpyOptions("parseNpy()", options);
  const { start, type, isByColumns, shape } = readHeader(bytes, file);
  const numValues = shape.includes(0) ? 0 : shape.reduce((product, length) => product * length, 1);
  const end = start + numValues * type.sizeBytes;
  const values = `${type.dtype} values of shape [${shape.join(", ")}] from byte ${start} on`;
  if (bytes.length < end) throw npyMalformed(file, bytes.length, `the file ends, but its header tells of ${values}: ${end} bytes in all`);
  if (bytes.length > end) throw npyMalformed(file, end, `there are ${bytes.length - end} bytes more than its header tells of: ${values}`);
  if (options?.rank !== undefined && options.rank !== shape.length)
    throw npyFault(
      "NPY_OTHER",
      file,
      `it holds ${shape.length} dimensions, [${shape.join(", ")}], but ${options.rank} were asked for`,
      "Check the file, or the rank.",
    );
  const stored = readValues(bytes.subarray(start), type);
  const data = isByColumns && shape.length > 1 ? fromColumns(stored, shape) : stored;
  const array = { dtype: type.dtype === "float16" ? "float32" : type.dtype, shape, data } as NpyArray;
  return options ? convertValues(array, options.dtype, file) : array;
}

/** @param path where they stand if they are part of others. @throws SnapfitError `OPTION_UNKNOWN`, `OPTION_INVALID` */
export function checkNpyOptions(owner: string, options: NpyOptions<number, HostDType> | undefined, path?: string): void {
  if (options === undefined) return;
  checkOptions(owner, options, { dtype: oneOf("float32", "int32", "uint8", "bool"), rank: wholeNumberFrom(0) }, ["dtype"], path);
}

interface NpyHeader {
  /** Position of the first value. */
  readonly start: number;
  readonly type: NpyType;
  readonly isByColumns: boolean;
  readonly shape: readonly number[];
}

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

function readHeader(bytes: Uint8Array, file: string): NpyHeader {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
    throw npyMalformed(file, 0, `an NPY file begins with 93 4e 55 4d 50 59${isZip ? ", but this is a ZIP; parseNpz() reads that" : ""}`);
  }
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) throw npyMalformed(file, 6, `the version is ${version}, but 1, 2 or 3 is expected`);
  const sizeBytes = version === 1 ? 2 : 4;
  if (bytes.length < 8 + sizeBytes) throw npyMalformed(file, bytes.length, "the file ends in its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = 8 + sizeBytes + length;
  if (start > bytes.length) throw npyMalformed(file, bytes.length, `the file ends in its header, which goes on to byte ${start}`);
  return { start, ...readDescription(new TextDecoder().decode(bytes.subarray(8 + sizeBytes, start)), file) };
}

/** Reads the description, a Python dictionary with three entries. */
function readDescription(text: string, file: string): Omit<NpyHeader, "start"> {
  const descr = /'descr' *: *'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order' *: *(True|False)/.exec(text)?.[1];
  const lengths = /'shape' *: *\(([0-9L, ]*)\)/.exec(text)?.[1];
  if (order === undefined || lengths === undefined || (descr === undefined && !/'descr' *: *\[/.test(text)))
    throw npyMalformed(
      file,
      8,
      `the header is ${JSON.stringify(text.slice(0, 100).trim())}, but one that names 'descr', 'fortran_order' and 'shape' is expected`,
    );
  const type = npyType(descr ?? "");
  if (!type)
    throw npyFault(
      "NPY_OTHER",
      file,
      `it holds values of type ${descr ?? "record"}, but numbers and booleans are read`,
      "Convert them in Python with .astype().",
    );
  const shape = (lengths.match(/\d+/g) ?? []).map(Number);
  return { type, isByColumns: order === "True", shape };
}
