import { checkLabels } from "@snapfit/classification";
import { arrays, split } from "@snapfit/data";
import { readIdx } from "@snapfit/data/node";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { DigitSet, DigitSplits } from "./digit-data.js";
import { UsageError } from "./usage-error.js";

/** Training images kept for validation, or a tenth of a smaller set. */
const numHeldOut = 5_000;

/**
 * MNIST's digits from the four IDX files, gzip or not. The training images that are held out for validation are the same in every run.
 * @throws UsageError if the folder or a file is not there or not MNIST's, SnapfitError for a damaged file
 */
export async function mnistDigits(folder: string): Promise<DigitSplits> {
  const entry = await stat(folder).catch(() => undefined);
  if (entry === undefined) throw new UsageError(`The folder "${folder}" does not exist: --data takes one with MNIST's four IDX files.`);
  if (!entry.isDirectory()) throw new UsageError(`"${folder}" is a file: --data takes the folder with MNIST's four IDX files.`);
  const all = await readDigits(folder, "train");
  const test = await readDigits(folder, "t10k");
  const heldOut = Math.min(numHeldOut, Math.ceil(all.length / 10)) / all.length;
  const [validation, train] = split(all, [heldOut, 1 - heldOut]);
  return { train, validation, test };
}

async function readDigits(folder: string, name: "train" | "t10k"): Promise<DigitSet> {
  const imageFile = await findFile(folder, `${name}-images-idx3-ubyte`);
  const labelFile = await findFile(folder, `${name}-labels-idx1-ubyte`);
  const image = await readIdx(imageFile, { rank: 3, dtype: "uint8" });
  const label = await readIdx(labelFile, { rank: 1, dtype: "uint8" });
  const [count, height, width] = image.shape;
  const numLabels = label.shape[0];
  if (height !== 28 || width !== 28)
    throw new UsageError(`${imageFile} holds images of ${height} x ${width} pixels, but MNIST's have 28 x 28.`);
  if (count !== numLabels) throw new UsageError(`${imageFile} holds ${count} images, but ${labelFile} holds ${numLabels} labels.`);
  if (count < 2) throw new UsageError(`${imageFile} holds ${count} images: there have to be at least 2.`);
  try {
    checkLabels(label.data, 10);
  } catch (cause) {
    throw new UsageError(`${labelFile} holds labels that are no digits from 0 to 9.`, { cause });
  }
  return arrays({ image, label });
}

async function findFile(folder: string, name: string): Promise<string> {
  for (const path of [join(folder, `${name}.gz`), join(folder, name)]) {
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  }
  throw new UsageError(`The folder "${folder}" has no ${name} or ${name}.gz: --data takes one with MNIST's four IDX files.`);
}
