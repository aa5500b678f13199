import fc from "fast-check";
import sharp from "sharp";
import { expect, it } from "vitest";
import { RandomStream } from "@snapfit/base";
import { decodeBaseline } from "../../src/readers/images/jpeg/simd/decode-baseline.js";
import { baselineScan } from "../../src/readers/images/jpeg/simd/baseline-scan.js";
import { JpegSegments } from "../../src/readers/images/jpeg/jpeg-segments.js";
import { imageCases, imageFile } from "./support/image-cases.js";
import { decodePlainly, decodeQuickly } from "./support/plain-jpeg.js";

const jpegs = imageCases.filter(({ name }) => name.startsWith("jpeg"));

/** A comparison that is quick for many bytes. */
function isSame(a: Uint8Array | string | undefined, b: Uint8Array | string): boolean {
  return typeof a === typeof b && Buffer.from(a ?? "").equals(Buffer.from(b));
}

/** By the vector instructions alone. */
function decodeAlone(bytes: Uint8Array): Uint8Array | undefined {
  const segments = new JpegSegments(bytes, "image");
  const scan = baselineScan(segments, segments.nextScan()!);
  return scan && decodeBaseline(bytes, segments, scan);
}

it.each(jpegs)("decodes without vector instructions as with them: $name", ({ bytes }) => {
  const plain = decodePlainly(bytes);
  expect(plain).toBeInstanceOf(Uint8Array);
  expect(decodeQuickly(bytes) ?? plain).toEqual(plain);
});

it("decodes the usual kinds with vector instructions, and others without", () => {
  const quick = (name: string): boolean => decodeAlone(imageFile(name)) !== undefined;
  for (const name of ["jpeg-444-92", "jpeg-422-92", "jpeg-420-92", "jpeg-grey", "jpeg-restarts", "jpeg-17x8"])
    expect(quick(name), name).toBe(true);
  for (const name of ["jpeg-420-progressive", "jpeg-cmyk"]) expect(quick(name), name).toBe(false);
});

it("decodes images of all sizes, qualities and samplings to the same bits", async () => {
  const side = fc.integer({ min: 1, max: 70 });
  await fc.assert(
    fc.asyncProperty(
      side,
      side,
      fc.constantFrom("4:2:0", "4:4:4"),
      fc.integer({ min: 1, max: 100 }),
      fc.boolean(),
      fc.nat(99),
      async (height, width, chromaSubsampling, quality, isNoise, seed) => {
        const random = RandomStream.fromSeed(seed);
        const pixels = Uint8Array.from({ length: height * width * 3 }, (_, i) =>
          isNoise ? random.integer(256) : (i * 7 + (i >> 6)) & 255,
        );
        const image = sharp(pixels, { raw: { width, height, channels: 3 } });
        const bytes = new Uint8Array(await image.jpeg({ quality, chromaSubsampling, mozjpeg: false }).toBuffer());
        const quick = decodeAlone(bytes);
        if (chromaSubsampling === "4:2:0" && width < 5) expect(quick).toBeUndefined();
        else expect(isSame(quick, decodePlainly(bytes))).toBe(true);
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});

it("decodes coefficients that go beyond 16 bits to the same bits", () => {
  const random = RandomStream.fromSeed(5);
  for (let run = 0; run < 300; run++) {
    const bytes = imageFile("jpeg-420-92").slice();
    const table = Buffer.from(bytes).indexOf("\xff\xdb", 0, "latin1");
    for (let i = 0; i < 64; i++) bytes[table + 5 + i] = random.integer(256);
    const scan = Buffer.from(bytes).indexOf("\xff\xda", 0, "latin1") + 14;
    for (let n = 0; n < 3; n++) bytes[scan + random.integer(bytes.length - scan)] = random.integer(255);
    expect(isSame(decodeQuickly(bytes), decodePlainly(bytes)), `run ${run}`).toBe(true);
  }
});
