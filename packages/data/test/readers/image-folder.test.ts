import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, type HostTensor } from "@snapfit/base";
import { decodeImage, loader } from "@snapfit/data";
import { imageFolder, readIdx, readImage } from "@snapfit/data/node";
import decoder from "../../src/node/image-folder-worker.js";
import { compareNatural } from "../../src/node/compare-natural.js";
import { imageFile } from "./support/image-cases.js";
import { greyPng } from "./support/make-png.js";

let root: string;
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "snapfit-images-"))));
afterAll(() => rm(root, { recursive: true }));

/** A folder of files by their paths. */
async function folder(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(root, name, path)), { recursive: true });
    await writeFile(join(root, name, path), bytes);
  }
  return join(root, name);
}

const shade = (value: number): Uint8Array => {
  const png = greyPng(2, 2);
  return value === 0 ? png : imageFile("png-grey-8");
};
const fails = (code: string, message: string): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) as string });

describe("imageFolder", () => {
  it("has the images of each class with its index, in natural order", async () => {
    const path = await folder("plain", {
      "10/b.PNG": shade(1),
      "9/img10.png": imageFile("jpeg-grey"),
      "9/img9.jpg": shade(0),
      "9/notes.txt": "not an image",
      "9/.hidden.png": "",
      ".cache/x.png": "",
      "labels.csv": "a,b",
    });
    const set = await imageFolder(path, { channels: 1 });
    expect(set.classes).toEqual(["9", "10"]);
    expect(set.files).toEqual(["9/img9.jpg", "9/img10.png", "10/b.PNG"].map((file) => join(path, file)));
    expect([set.length, set.labels]).toEqual([3, Int32Array.of(0, 0, 1)]);
    // What a file is called does not matter: the first is a PNG named .jpg, the second the other way round.
    expect(await set.at(0)).toEqual({ image: decodeImage(shade(0), { channels: 1 }), label: hostTensor(Int32Array.of(0), []) });
    expect((await set.at(1)).image).toEqual(decodeImage(imageFile("jpeg-grey"), { channels: 1 }));
    expect((await set.at(2)).label.data).toEqual(Int32Array.of(1));
    await expect(set.at(3)).rejects.toThrow(fails("DATA_SET", "Sample 3 does not exist. The set has samples 0 to 2."));
    expect((await (await imageFolder(path)).at(0)).image.shape).toEqual([2, 2, 3]);
  });

  it("makes batches, and the same samples by the module that threads load", async () => {
    const path = await folder("batches", { "a/1.png": shade(1), "a/2.png": shade(1), "b/3.png": shade(1) });
    const set = await imageFolder(path);
    for await (const { image, label } of loader(set, { batchSize: 3 })) {
      expectTypeOf(label).toEqualTypeOf<HostTensor<1, "int32">>();
      expectTypeOf(image).toEqualTypeOf<HostTensor<4, "uint8">>();
      expect(image.shape).toEqual([3, 11, 13, 3]);
      expect(label).toEqual(hostTensor(Int32Array.of(0, 0, 1), [3]));
    }
    const { module, options } = structuredClone(set.decoder);
    expect(module).toBe("@snapfit/data/image-folder-worker");
    expect(await decoder(options as object)(structuredClone(set.input(2)))).toEqual(await set.at(2));
    const inThread: unknown[] = [];
    const here: unknown[] = [];
    for await (const each of loader(set, { batchSize: 2, workers: 1 })) inThread.push(each);
    for await (const each of loader(set, { batchSize: 2 })) here.push(each);
    expect(inThread).toEqual(here);
  });

  it("gives validation the classes of training", async () => {
    const classes = ["cat", "dog", "mouse"];
    const path = await folder("validation", { "mouse/1.png": shade(0), "dog/1.png": shade(0) });
    const set = await imageFolder(path, { classes });
    expect(set.classes).toBe(classes);
    expect([...set.labels]).toEqual([1, 2]);
    await folder("validation", { "mousse/7.png": shade(0) });
    await expect(imageFolder(path, { classes })).rejects.toThrow(
      fails(
        "IMAGE_FOLDER",
        `${join(path, "mousse/7.png")} is of the class "mousse", which is not one of cat, dog, mouse. Did you mean "mouse"?`,
      ),
    );
  });

  it("names folders that cannot be such a set", async () => {
    const empty = await folder("empty", {});
    await mkdir(empty);
    await expect(imageFolder(empty)).rejects.toThrow(
      fails("IMAGE_FOLDER", `The folder "${empty}" has no folders. Each class has one, with its images in it.`),
    );
    const flat = await folder("flat", { "1.png": shade(0) });
    await expect(imageFolder(flat)).rejects.toThrow(fails("IMAGE_FOLDER", "has no folders"));
    const emptyClass = await folder("empty-class", { "cat/1.png": shade(0), "dog/read.me": "" });
    await expect(imageFolder(emptyClass)).rejects.toThrow(
      fails("IMAGE_FOLDER", `"${join(emptyClass, "dog")}" has no images, but "read.me".`),
    );
    const nested = await folder("nested", { "cat/small/1.png": shade(0) });
    await expect(imageFolder(nested)).rejects.toThrow(fails("IMAGE_FOLDER", `"${join(nested, "cat")}" has the folder "small" in it.`));
    await expect(imageFolder(join(root, "none"))).rejects.toThrow(fails("NOT_FOUND", `There is no folder "${join(root, "none")}".`));
    await expect(imageFolder(join(flat, "1.png"))).rejects.toThrow(fails("IMAGE_FOLDER", "is a file. A folder of folders is expected."));
    await expect(imageFolder(flat, { channels: 2 as 3 })).rejects.toThrow(fails("OPTION_INVALID", "imageFolder() got channels: 2."));
  });

  it("names the file of a bad sample, and goes on with the others", async () => {
    const path = await folder("bad", {
      "a/1.png": imageFile("png-rgb-8").subarray(0, 80),
      "a/2.png": "hello",
      "a/3.png": greyPng(20_000, 20_000, new Uint8Array(9)),
      "a/4.png": shade(0),
    });
    const set = await imageFolder(path);
    await expect(set.at(0)).rejects.toThrow(fails("SAMPLE_BAD", `${join(path, "a/1.png")}: the PNG is truncated, byte 80`));
    await expect(set.at(1)).rejects.toThrow(
      fails("SAMPLE_BAD", `${join(path, "a/2.png")}: it holds data that begin with 68 65 6c 6c, but a PNG or JPEG is expected.`),
    );
    await expect(set.at(2)).rejects.toThrow(
      fails("SAMPLE_BAD", "a/3.png: the image has 20000 x 20000 pixels, but at most 100000000 are decoded."),
    );
    expect((await set.at(3)).image.shape).toEqual([2, 2, 3]);
    await rm(join(path, "a/4.png"));
    await expect(set.at(3)).rejects.toThrow(fails("NOT_FOUND", "4.png"));
  });

  it.skipIf(process.platform === "win32")("follows links", async () => {
    const path = await folder("links", { "real/1.png": shade(0) });
    await symlink(join(path, "real"), join(path, "linked"));
    await copyFile(join(path, "real/1.png"), join(root, "target.png"));
    await symlink(join(root, "target.png"), join(path, "real/2.png"));
    await symlink(join(root, "nowhere"), join(path, "real/3.png"));
    const set = await imageFolder(path);
    await expect(set.at(5)).rejects.toThrow(fails("NOT_FOUND", "3.png"));
    expect(set.files).toEqual(
      ["linked/1.png", "linked/2.png", "linked/3.png", "real/1.png", "real/2.png", "real/3.png"].map((file) => join(path, file)),
    );
  });
});

describe("readImage", () => {
  it("reads one file", async () => {
    const path = await folder("one", { "a.png": imageFile("png-palette-4-transparent") });
    expect(await readImage(join(path, "a.png"), { channels: 4 })).toEqual(
      decodeImage(imageFile("png-palette-4-transparent"), { channels: 4 }),
    );
    await expect(readImage(join(path, "b.png"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("compareNatural", () => {
  it("counts digits as numbers", () => {
    const sorted = ["", "01", "1", "2", "10", "a", "a1", "a1b", "a02", "a2", "a10", "a99999999999999999999", "a100000000000000000000", "b"];
    expect([...sorted].reverse().sort(compareNatural)).toEqual(sorted);
  });
});

const dataFolder = process.env["SNAPFIT_DATA"];
if (!dataFolder) console.info("Skipped: reading folders of digits and surfaces. Set SNAPFIT_DATA to the folder of data sets.");

describe.skipIf(!dataFolder)("real folders", () => {
  it("digits are those of the IDX files, by their names", async () => {
    const set = await imageFolder(join(dataFolder!, "mnist-png/train"), { channels: 1 });
    const images = await readIdx(join(dataFolder!, "mnist/train-images-idx3-ubyte.gz"), { rank: 3, dtype: "uint8" });
    const labels = await readIdx(join(dataFolder!, "mnist/train-labels-idx1-ubyte.gz"), { rank: 1, dtype: "uint8" });
    expect([set.length, set.classes.join("")]).toEqual([1000, "0123456789"]);
    for (let i = 0; i < set.length; i++) {
      const position = Number(basename(set.files[i]!, ".png"));
      const { image, label } = await set.at(i);
      expect(label.data[0]).toBe(labels.data[position]);
      expect(Buffer.compare(image.data, images.data.subarray(784 * position, 784 * (position + 1)))).toBe(0);
    }
  });

  it("surfaces have two classes, of which training has seen one", async () => {
    const root = join(dataFolder!, "bsdata/ballscrew");
    const train = await imageFolder(join(root, "train"));
    expect([train.classes, train.length]).toEqual([["good"], 200]);
    await expect(imageFolder(join(root, "test"), { classes: train.classes })).rejects.toThrow(
      fails("IMAGE_FOLDER", `${join(root, "test/pitting/000.jpg")} is of the class "pitting", which is not one of good.`),
    );
    const test = await imageFolder(join(root, "test"));
    expect([test.classes, test.length, (await test.at(0)).image.shape]).toEqual([["good", "pitting"], 120, [104, 256, 3]]);
  });
});
