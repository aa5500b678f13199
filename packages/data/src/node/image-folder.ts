import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions, nearestName, SnapfitError, type HostTensor } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import type { DecodedSet } from "../decoded-set.js";
import { decodeChecks, type DecodeImageOptions, type ImageDecoder, type ImageTensor } from "../readers/images/decode-image.js";
import { classNames } from "../readers/table/table-options.js";
import { imageDecoder } from "./image-decoder.js";
import { compareNatural } from "./compare-natural.js";

/** Options of {@link imageFolder}. */
export interface ImageFolderOptions extends DecodeImageOptions {
  /** Classes in the order of their labels: for validation those of the training. @default the folders' names, sorted */
  readonly classes?: readonly string[];
}

/** A sample of {@link imageFolder}. */
export interface ImageSample {
  readonly image: ImageTensor;
  /** Index of the class. */
  readonly label: HostTensor<0, "int32">;
}

/** What a sample of {@link imageFolder} is made of. */
export interface ImageFile {
  readonly path: string;
  readonly label: number;
}

/** What {@link imageFolder} makes. */
export interface ImageFolder extends DecodedSet<ImageSample, ImageFile> {
  readonly classes: readonly string[];
  /** Path of each sample's file, class by class. */
  readonly files: readonly string[];
  /** Label of each sample. */
  readonly labels: Int32Array;
  at(index: number): Promise<ImageSample>;
}

/**
 * The images `<root>/<class>/<file>` as a set of samples, which are read and decoded when they are asked for, in threads too.
 * Classes and files come in natural order: 2 before 10. Files that are not named .png, .jpg or .jpeg are no images and are left out, as are hidden files and folders.
 * @throws SnapfitError `IMAGE_FOLDER` if there are no classes, an empty one, one that `classes` does not have, or a folder within a class; `NOT_FOUND`; `OPTION_UNKNOWN`, `OPTION_INVALID`. Samples: `SAMPLE_BAD` as `decodeImage`.
 *
 * @example
 * ```ts no-run
 * const train = await imageFolder("flowers/train");
 * const validation = await imageFolder("flowers/validation", { classes: train.classes });
 * console.log(train.length, train.classes, (await train.at(0)).image.shape);
 * ```
 */
export async function imageFolder(root: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  checkOptions("imageFolder()", options, { ...decodeChecks, classes: classNames });
  const { classes: known, ...decodeOptions } = options;
  const decode = imageDecoder(decodeOptions);
  const folders = (await list(root)).filter(({ isFolder }) => isFolder).map(({ name }) => name);
  if (folders.length === 0) throw fault(root, "has no folders. Each class has one, with its images in it");
  const classes = known ?? folders;
  const files: string[] = [];
  const labels: number[] = [];
  for (const name of folders) {
    const images = await listImages(join(root, name));
    const label = classes.indexOf(name);
    if (label < 0) throw unknownClass(join(root, name, images[0]!), name, classes);
    for (const image of images) {
      files.push(join(root, name, image));
      labels.push(label);
    }
  }
  return makeSet(files, Int32Array.from(labels), classes, decode, decodeOptions);
}

function makeSet(
  files: readonly string[],
  labels: Int32Array,
  classes: readonly string[],
  decode: ImageDecoder,
  options: DecodeImageOptions,
): ImageFolder {
  const input = (index: number): ImageFile => {
    const path = files[index];
    if (path === undefined)
      throw new SnapfitError("DATA_SET", `Sample ${index} does not exist. The set has samples 0 to ${files.length - 1}. Check the index.`);
    return { path, label: labels[index]! };
  };
  return {
    length: files.length,
    classes,
    files,
    labels,
    input,
    async at(index) {
      const { path, label } = input(index);
      return makeSample(decode, await new DiskStorage().read(path), { path, label });
    },
    decoder: { module: "@snapfit/data/image-folder-worker", options },
  };
}

/** The sample of a file's bytes; without a promise where none is needed. */
export function makeSample(decode: ImageDecoder, bytes: Uint8Array, { path, label }: ImageFile): ImageSample | Promise<ImageSample> {
  const sampleOf = (image: ImageTensor): ImageSample => ({ image, label: { dtype: "int32", shape: [], data: Int32Array.of(label) } });
  const image = decode(bytes, path);
  return image instanceof Promise ? image.then(sampleOf) : sampleOf(image);
}

async function listImages(folder: string): Promise<string[]> {
  const entries = await list(folder);
  const inner = entries.find(({ isFolder }) => isFolder);
  if (inner) throw fault(folder, `has the folder "${inner.name}" in it. Images lie right in the folder of their class. Move them`);
  const images = entries.map(({ name }) => name).filter((name) => /\.(png|jpe?g)$/i.test(name));
  if (images.length === 0)
    throw fault(
      folder,
      `has no images${entries.length === 0 ? "" : `, but "${entries[0]!.name}"`}. Files named .png, .jpg or .jpeg are expected`,
    );
  return images;
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** What is in a folder, in natural order, without hidden files. */
async function list(folder: string): Promise<Entry[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch(async (cause: unknown) => {
    const entry = await new DiskStorage().stat(folder);
    if (entry)
      throw fault(
        folder,
        entry.kind === "file" ? "is a file. A folder of folders is expected" : "cannot be listed. Its permissions may forbid it",
        cause,
      );
    throw new SnapfitError("NOT_FOUND", `There is no folder "${folder}". One with a folder for each class is expected. Check the path.`, {
      cause,
    });
  });
  const entries = found
    .filter(({ name }) => !name.startsWith("."))
    .map(async (entry) => ({
      name: entry.name,
      isFolder: entry.isSymbolicLink() ? await isFolder(join(folder, entry.name)) : entry.isDirectory(),
    }));
  return (await Promise.all(entries)).sort((a, b) => compareNatural(a.name, b.name));
}

/** A link that leads nowhere is taken for a file: who reads it is told. */
async function isFolder(path: string): Promise<boolean> {
  return (await new DiskStorage().stat(path))?.kind === "folder";
}

function unknownClass(file: string, name: string, classes: readonly string[]): SnapfitError {
  const near = nearestName(name, classes);
  return new SnapfitError(
    "IMAGE_FOLDER",
    `${file} is of the class "${name}", which is not one of ${classes.join(", ").slice(0, 200)}.${near === undefined ? "" : ` Did you mean "${near}"?`} Move the folder away, or add the class to \`classes\`.`,
  );
}

function fault(folder: string, what: string, cause?: unknown): SnapfitError {
  return new SnapfitError("IMAGE_FOLDER", `The folder "${folder}" ${what}.`, cause === undefined ? undefined : { cause });
}
