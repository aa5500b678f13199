import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { syntheticDigits } from "../src/synthetic-digits.js";

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Centre of mass of image `i`, [row, column]. */
function centre(images: Uint8Array, i: number): [number, number] {
  let [mass, row, column] = [0, 0, 0];
  for (let p = 0; p < 784; p++) {
    const ink = images[i * 784 + p]!;
    mass += ink;
    row += ink * Math.floor(p / 28);
    column += ink * (p % 28);
  }
  return [row / mass, column / mass];
}

describe("syntheticDigits", () => {
  it("gives the same bytes for a seed, today and later", () => {
    const { images, labels } = syntheticDigits(200, { seed: 7 });
    expect(hash(images)).toBe("4040ed64e9347cfb5aed350601848a896993f74b26294a2f7ff771f7f1ae3ae1");
    expect(hash(labels)).toBe("63fc00ae53037f32edf9148cce63d4af2b8128e37c9a0aade283d58ff49f3c25");
    expect(hash(syntheticDigits(200, { seed: 8 }).images)).not.toBe(hash(images));
  });
  it("begins with the digits of a smaller count", () => {
    const few = syntheticDigits(25, { seed: 7 });
    const many = syntheticDigits(40, { seed: 7 });
    expect(many.images.subarray(0, few.images.length)).toEqual(few.images);
    expect(many.labels.subarray(0, 25)).toEqual(few.labels);
  });
  it("shows each digit once in every ten", () => {
    const { labels } = syntheticDigits(1_000, { seed: 3 });
    for (let first = 0; first < 1_000; first += 10)
      expect([...labels.subarray(first, first + 10)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
  it("keeps digits in their place: paper around them, mass in the middle, as much ink as MNIST has", () => {
    const count = 500;
    const { images } = syntheticDigits(count, { seed: 4 });
    let corners = 0;
    for (let i = 0; i < count; i++) {
      const [row, column] = centre(images, i);
      expect(Math.abs(row - 13.5)).toBeLessThan(4);
      expect(Math.abs(column - 13.5)).toBeLessThan(4);
      for (const corner of [0, 27, 756, 783]) corners += images[i * 784 + corner]!;
    }
    expect(corners).toBe(0);
    const mean = images.reduce((sum, value) => sum + value, 0) / images.length;
    // MNIST's test images: 33.8.
    expect(mean).toBeGreaterThan(31);
    expect(mean).toBeLessThan(37);
    expect(images.reduce((largest, value) => Math.max(largest, value), 0)).toBe(255);
  });
  it("makes nothing of nothing", () => {
    const { images, labels } = syntheticDigits(0, { seed: 1 });
    expect([images.length, labels.length]).toEqual([0, 0]);
  });
  it("differs enough between digits to be told apart by the nearest mean, and too much for that to be enough", () => {
    const train = syntheticDigits(1_500, { seed: 5 });
    const test = syntheticDigits(500, { seed: 6 });
    const means = Array.from({ length: 10 }, () => new Float64Array(784));
    train.labels.forEach((label, i) => means[label]!.forEach((_, p) => (means[label]![p]! += train.images[i * 784 + p]! / 150)));
    let numRight = 0;
    test.labels.forEach((label, i) => {
      const distances = means.map((mean) => mean.reduce((sum, value, p) => sum + (value - test.images[i * 784 + p]!) ** 2, 0));
      if (distances.indexOf(Math.min(...distances)) === label) numRight++;
    });
    expect(numRight / 500).toBeGreaterThan(0.6);
    expect(numRight / 500).toBeLessThan(0.9);
  });
});
