import { bitsOf } from "./dtype.js";
import type { SafetensorsEntry } from "./header.js";
import { quoted, safetensorsError } from "./safetensors-error.js";

/** Runs that lie close to each other are read together, up to this many bytes. */
const READ_BYTES = 4 << 20;

/**
 * Reads a box of a tensor: `size[i]` indices from `begin[i]` on. What is contiguous in the file is a run; neighbouring runs share a read.
 * @throws SnapfitError `SLICE_RANGE`.
 */
export async function readBox(
  name: string,
  { dtype, shape, offset }: SafetensorsEntry,
  begin: readonly number[],
  size: readonly number[],
  read: (offset: number, lengthBytes: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const isWithin =
    begin.length === shape.length && size.length === shape.length && shape.every((length, i) => isRange(begin[i]!, size[i]!, length));
  if (!isWithin) throw outOfRange();
  const { numRuns, numElements, startOf } = runsOf(shape, begin, size);
  const runBytes = wholeBytes(numElements);
  const box = new Uint8Array(runBytes * numRuns);
  for (let first = 0; first < numRuns;) {
    const from = wholeBytes(startOf(first));
    let last = first;
    while (last + 1 < numRuns && wholeBytes(startOf(last + 1)) + runBytes - from <= READ_BYTES) last++;
    const bytes = await read(offset + from, wholeBytes(startOf(last)) + runBytes - from);
    for (let run = first; run <= last; run++) {
      const at = wholeBytes(startOf(run)) - from;
      box.set(bytes.subarray(at, at + runBytes), run * runBytes);
    }
    first = last + 1;
  }
  return box;

  function wholeBytes(elements: number): number {
    const bits = elements * bitsOf(dtype);
    if (bits % 8 !== 0) throw outOfRange();
    return bits / 8;
  }

  function outOfRange(): Error {
    return safetensorsError(
      "SLICE_RANGE",
      `Tensor ${quoted(name)}, ${dtype} [${shape.join(", ")}], has no slice of [${size.join(", ")}] from [${begin.join(", ")}] on. Each dimension takes a begin and a size within it, and the slice whole bytes. Check both.`,
    );
  }
}

function isRange(begin: number, size: number, length: number): boolean {
  return Number.isInteger(begin) && Number.isInteger(size) && begin >= 0 && size >= 0 && begin + size <= length;
}

/** The contiguous runs of a box: how many, how many elements each has, and the element where one starts. */
function runsOf(shape: readonly number[], begin: readonly number[], size: readonly number[]) {
  // Trailing dimensions that are taken whole belong to one run, and so does the part of the last that is not.
  let outer = shape.length;
  while (outer > 0 && size[outer - 1] === shape[outer - 1]) outer--;
  if (outer > 0) outer--;
  const product = (lengths: readonly number[]): number => lengths.reduce((result, length) => result * length, 1);
  const strides = shape.map((_, i) => product(shape.slice(i + 1)));
  const origin = begin.reduce((sum, index, i) => sum + index * strides[i]!, 0);
  return {
    numRuns: size.includes(0) ? 0 : product(size.slice(0, outer)),
    numElements: product(size.slice(outer)),
    startOf(run: number): number {
      let start = origin;
      for (let i = outer - 1; i >= 0; i--) {
        start += (run % size[i]!) * strides[i]!;
        run = Math.floor(run / size[i]!);
      }
      return start;
    },
  };
}
