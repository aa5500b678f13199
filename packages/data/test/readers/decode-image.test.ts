import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { HostTensor } from "@snapfit/base";
import { decodeImage } from "@snapfit/data";
import { imageDecoder } from "@snapfit/data/node";
import { decodeWithSharp } from "../../src/node/decode-with-sharp.js";
import { readImageHeader } from "../../src/readers/images/decode-image.js";
import { imageCases, imageFile } from "./support/image-cases.js";
import { greyPng } from "./support/make-png.js";

/** The largest difference of two lists of the same length. */
function worst(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

const bad = (message: string): unknown =>
  expect.objectContaining({ code: "SAMPLE_BAD", message: expect.stringContaining(message) as string });

describe("decodeImage", () => {
  it.each(imageCases)("reads the pixels that Pillow reads: $name", ({ bytes, height, width, channels, pixels }) => {
    const image = decodeImage(bytes, { channels });
    expect(image).toMatchObject({ dtype: "uint8", shape: [height, width, channels] });
    expect(worst(image.data, pixels)).toBe(0);
  });

  it("has three channels unless one or four are asked for", () => {
    expectTypeOf(decodeImage(imageFile("png-rgb-8"))).toEqualTypeOf<HostTensor<3, "uint8">>();
    const [grey, colour, both] = ([1, 3, 4] as const).map((channels) => decodeImage(imageFile("png-rgb-alpha-8"), { channels }));
    expect(decodeImage(imageFile("png-rgb-alpha-8"))).toEqual(colour);
    for (let i = 0; i < 143; i++) {
      const [r, g, b] = both!.data.subarray(4 * i);
      expect([...colour!.data.subarray(3 * i, 3 * i + 3)]).toEqual([r, g, b]);
      expect(Math.abs(grey!.data[i]! - (0.299 * r! + 0.587 * g! + 0.114 * b!))).toBeLessThan(0.51);
    }
    const opaque = decodeImage(imageFile("jpeg-grey"), { channels: 4 });
    expect(opaque.data.every((value, i) => value === (i % 4 === 3 ? 255 : opaque.data[i - (i % 4)]))).toBe(true);
  });

  it("reads from the middle of a buffer", () => {
    for (const { bytes, channels, pixels } of imageCases.slice(0, 70)) {
      const buffer = new Uint8Array(bytes.length + 20).fill(0xff);
      buffer.set(bytes, 7);
      expect(worst(decodeImage(buffer.subarray(7, 7 + bytes.length), { channels }).data, pixels)).toBe(0);
    }
  });

  it("says where a file is cut off, wherever that is", () => {
    for (const name of ["png-rgb-8", "png-palette-4-interlaced", "jpeg-420-92", "jpeg-420-progressive", "jpeg-restarts", "jpeg-cmyk"]) {
      const bytes = imageFile(name);
      for (let length = 8; length < bytes.length; length += 1 + (length % 7)) {
        const attempt = (): unknown => decodeImage(bytes.subarray(0, length), {}, "a/b.img");
        expect(attempt, `${name} of ${length} bytes`).toThrow(bad("a/b.img: the "));
        expect(attempt, `${name} of ${length} bytes`).toThrow(/ is truncated, byte \d+: .* Fetch the file again, or take it out\./);
      }
    }
  });

  it("names what is no PNG and no JPEG", () => {
    const text = (start: string): Uint8Array => new Uint8Array(Buffer.from(start, "latin1"));
    const cases: [Uint8Array, string][] = [
      [text(""), "it holds no bytes, but a PNG or JPEG is expected"],
      [text("GIF89a"), "it holds a GIF"],
      [text("RIFF1234WEBPVP8 "), "it holds a WebP"],
      [text("BM1234"), "it holds a BMP"],
      [text("\r\n<!DOCTYPE html>"), "it holds a text, such as a web page"],
      [text("version https://git-lfs.github.com/spec/v1"), "it holds a pointer of Git LFS"],
      [text("\x89PNG\n\x1a\n"), "it holds a PNG with a damaged signature"],
      [text("\x01\x02\x03\x04"), "it holds data that begin with 01 02 03 04"],
    ];
    for (const [bytes, message] of cases) expect(() => decodeImage(bytes, {}, "cat.png")).toThrow(bad(`cat.png: ${message}`));
  });

  it("names what is damaged", () => {
    const changed = (name: string, find: string, offset: number, value: number): Uint8Array => {
      const bytes = imageFile(name).slice();
      bytes[Buffer.from(bytes).indexOf(find, 0, "latin1") + offset] = value;
      return bytes;
    };
    const cases: [Uint8Array, string][] = [
      [changed("png-rgb-8", "IDAT", 5, 1), 'the check sum of chunk "IDAT" does not hold'],
      [changed("png-rgb-8", "IHDR", 0, 0x4a), 'the check sum of chunk "JHDR" does not hold'],
      [greyPng(3, 2, new Uint8Array([1, 2, 3])), "the pixel data cannot be unpacked"],
      [
        greyPng(3, 2, deflateSync(new Uint8Array(5))),
        "the PNG is truncated, byte 8: the pixel data end early, but 3 x 2 pixels are 8 bytes",
      ],
      [greyPng(1, 1, deflateSync(Uint8Array.of(5, 1))), "row 0 has the filter 5"],
      [changed("jpeg-444-92", "\xff\xc0", 1, 0xc9), "it is an arithmetic-coded JPEG, but baseline and progressive ones are read"],
      [changed("jpeg-444-92", "\xff\xc0", 1, 0xc3), "it is a lossless or hierarchical JPEG"],
      [changed("jpeg-444-92", "\xff\xc0", 4, 12), "it is a JPEG of 12 bits, but 8 are read"],
      [changed("jpeg-444-92", "\xff\xc0", 11, 0x51), "the sampling factors are 5 and 1"],
      [changed("jpeg-444-92", "\xff\xda", 5, 9), "there is a scan of component 9"],
      [changed("jpeg-restarts", "\xff\xd1", 1, 0xe1), "there is no restart marker, but one is due"],
    ];
    for (const [bytes, message] of cases) expect(() => decodeImage(bytes)).toThrow(bad(message));
  });

  it("reads a JPEG with stray bytes before a marker, as cameras write", () => {
    const bytes = imageFile("jpeg-420-92");
    const stray = Buffer.concat([bytes.subarray(0, -2), Buffer.from([0, 0, 1]), bytes.subarray(-2), Buffer.from([0, 0])]);
    expect(decodeImage(stray)).toEqual(decodeImage(bytes));
  });

  it("refuses a JPEG of countless scans", () => {
    const bytes = imageFile("jpeg-grey-progressive");
    const first = Buffer.from(bytes).indexOf("\xff\xda", 0, "latin1");
    const second = Buffer.from(bytes).indexOf("\xff\xc4", first, "latin1");
    const scan = bytes.subarray(first, second);
    const repeated = (count: number): Uint8Array =>
      Buffer.concat([bytes.subarray(0, first), ...new Array<Uint8Array>(count).fill(scan), bytes.subarray(second)]);
    expect(decodeImage(repeated(2))).toEqual(decodeImage(bytes));
    expect(() => decodeImage(repeated(101))).toThrow(bad("there are more than 100 scans; progressive JPEGs have about ten"));
  });

  it("takes the sampling factors of a single component for what they are: nothing", () => {
    const bytes = imageFile("jpeg-grey").slice();
    bytes[Buffer.from(bytes).indexOf("\xff\xc0", 0, "latin1") + 11] = 0x22;
    expect(decodeImage(bytes)).toEqual(decodeImage(imageFile("jpeg-grey")));
  });

  it("refuses too many pixels before it decodes them", () => {
    const png = greyPng(20_000, 20_000, deflateSync(new Uint8Array(20_001 * 200)));
    const jpeg = imageFile("jpeg-444-92").slice();
    jpeg.set([0x4e, 0x20, 0x4e, 0x20], Buffer.from(jpeg).indexOf("\xff\xc0", 0, "latin1") + 5);
    for (const bytes of [png, jpeg])
      expect(() => decodeImage(bytes, {}, "scan.png")).toThrow(
        bad("scan.png: the image has 20000 x 20000 pixels, but at most 100000000 are decoded. Make it smaller, or raise `maxPixels`."),
      );
    expect(() => decodeImage(imageFile("png-rgb-8"), { maxPixels: 142 })).toThrow(bad("13 x 11 pixels"));
    expect(decodeImage(imageFile("png-rgb-8"), { maxPixels: 143 }).shape).toEqual([11, 13, 3]);
    // Where the limit allows it, a small file that promises much is still no reason to make room for it.
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeImage(jpeg, { maxPixels: 1e9 })).toThrow(bad("20000 x 20000 pixels need more bytes"));
    expect(() => decodeImage(greyPng(60_000, 60_000, new Uint8Array(1000)), { maxPixels: 1e10 })).toThrow(bad("the pixel data end early"));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
  });

  it("stops unpacking where the pixels end", () => {
    const bomb = greyPng(2, 2, deflateSync(new Uint8Array(50_000_000)));
    const before = process.memoryUsage().arrayBuffers;
    expect(decodeImage(bomb, { channels: 1 }).data).toEqual(new Uint8Array(4));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5e6);
  });

  it("refuses wrong options", () => {
    const options = (code: string): unknown =>
      expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining(code) as string });
    expect(() => decodeImage(imageFile("png-rgb-8"), { channels: 2 as 3 })).toThrow(
      options("decodeImage() got channels: 2. It takes 1 (grey), 3 (colour) or 4"),
    );
    expect(() => decodeImage(imageFile("png-rgb-8"), { maxPixels: 0.5 })).toThrow(
      options("decodeImage() got maxPixels: 0.5. It takes a whole number of at least 1."),
    );
  });
});

describe("imageDecoder", () => {
  it.each(imageCases)("has the same pixels with sharp: $name", async ({ name, bytes, channels, pixels }) => {
    const header = readImageHeader(bytes, {}, name);
    const image = await decodeWithSharp(sharp, { ...header, decode: () => expect.fail("sharp did not decode it") }, bytes, { channels });
    const isCmyk = name.startsWith("jpeg-cmyk");
    expect(isCmyk || worst(image.data, pixels) <= 2, `${worst(image.data, pixels)}`).toBe(true);
  });

  it("decodes large images with sharp, CMYK and small ones without, and says the same of damaged ones", async () => {
    const large = await sharp({
      create: { width: 200, height: 90, channels: 3, background: "#204060", noise: { type: "gaussian", mean: 128, sigma: 60 } },
    })
      .jpeg({ chromaSubsampling: "4:2:0" })
      .toBuffer();
    const decode = imageDecoder();
    const decoded = await decode(large);
    expect(worst(decoded.data, decodeImage(large).data)).toBeLessThanOrEqual(2);
    expect(decoded.data.constructor).toBe(Uint8Array);
    expect(await decode(imageFile("jpeg-cmyk"))).toEqual(decodeImage(imageFile("jpeg-cmyk")));
    const attempt = async (): Promise<unknown> => decode(large.subarray(0, 3000), "large.jpg");
    await expect(attempt()).rejects.toThrow(bad("large.jpg: the JPEG is truncated"));
    const grey = await imageDecoder({ channels: 1 })(greyPng(100, 100), "a.png");
    expect(grey).toMatchObject({ shape: [100, 100, 1], data: new Uint8Array(10_000) });
    expect(() => imageDecoder({ channels: 5 as 4 })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });
});
