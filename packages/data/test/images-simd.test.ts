import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { hostTensor, RandomStream } from "@snapfit/base";
import { randomResizedCrop, resize } from "@snapfit/data/images";
import type * as images from "@snapfit/data/images";

let plain: typeof images;

beforeAll(async () => {
  vi.stubGlobal("WebAssembly", undefined); // as in an engine without it
  vi.resetModules();
  plain = await import("@snapfit/data/images");
  plain.resize({ size: [1, 2] })({ image: hostTensor(new Uint8Array(4), [2, 2, 1]) });
  vi.unstubAllGlobals();
});
afterAll(() => vi.resetModules());

/** An image of random bytes. */
function randomImage(height: number, width: number, channels: number, seed: number) {
  const random = RandomStream.fromSeed(seed);
  return hostTensor(
    Uint8Array.from({ length: height * width * channels }, () => random.integer(256)),
    [height, width, channels],
  );
}

const side = fc.integer({ min: 1, max: 40 });

it("resizes bytes to the same bits with vector instructions and without", () => {
  fc.assert(
    fc.property(
      side,
      side,
      side,
      side,
      fc.integer({ min: 1, max: 4 }),
      fc.nat(99),
      (height, width, newHeight, newWidth, channels, seed) => {
        const image = randomImage(height, width, channels, seed);
        const size = [newHeight, newWidth] as const;
        expect(resize({ size })({ image })).toEqual(plain.resize({ size })({ image }));
        const context = () => ({ random: RandomStream.fromSeed(seed) });
        const crop = { size: [newHeight, newWidth] as const };
        expect(randomResizedCrop(crop)({ image }, context())).toEqual(plain.randomResizedCrop(crop)({ image }, context()));
      },
    ),
    { seed: 6, numRuns: 200 },
  );
});

it("resizes an image that is too large for it by itself, and small ones after it", () => {
  const image = randomImage(1, 1, 3, 1);
  const huge = hostTensor(new Uint8Array(3000 * 8000 * 3).fill(7), [3000, 8000, 3]);
  const { data } = resize({ size: [2, 2] })({ image: huge }).image;
  expect([...data]).toEqual(Array.from({ length: 12 }, () => 7));
  expect(resize({ size: [1, 3] })({ image }).image.data.length).toBe(9);
});
