import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { syntheticDigits } from "../src/synthetic-digits.js";

/** An IDX file of unsigned bytes. */
export function idx(shape: readonly number[], values: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  bytes.set([0, 0, 8, shape.length]);
  shape.forEach((length, axis) => new DataView(bytes.buffer).setUint32(4 + 4 * axis, length));
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}

/** Writes drawn digits as MNIST's four files: the training files packed, the test files not. */
export function writeIdxFiles(folder: string, counts: { readonly train: number; readonly test: number }): void {
  for (const [name, count, seed] of [
    ["train", counts.train, 1],
    ["t10k", counts.test, 2],
  ] as const) {
    const { images, labels } = syntheticDigits(count, { seed });
    const files = { [`${name}-images-idx3-ubyte`]: idx([count, 28, 28], images), [`${name}-labels-idx1-ubyte`]: idx([count], labels) };
    for (const [file, bytes] of Object.entries(files)) {
      if (name === "train") writeFileSync(join(folder, `${file}.gz`), gzipSync(bytes));
      else writeFileSync(join(folder, file), bytes);
    }
  }
}
