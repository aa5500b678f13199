import { describe, expect, it } from "vitest";
import { hostTensor, RandomStream } from "@snapfit/base";
import { arrays, loader } from "@snapfit/data";
import {
  colorJitter,
  compose,
  cutout,
  flipHorizontal,
  gaussianBlur,
  gaussianNoise,
  maybe,
  normalize,
  pad,
  randomAffine,
  randomCrop,
  randomErasing,
  randomResizedCrop,
  randomRotate,
  resize,
  type ImageTransform,
} from "@snapfit/data/images";

const DRAWS = 2000;

/** Each pixel is its own index, so that a mask tells where its pixels come from. */
function numbered(height: number, width: number) {
  const numbers = Int32Array.from({ length: height * width }, (_, i) => i);
  return {
    image: hostTensor(
      Float32Array.from(numbers, (n) => n / numbers.length),
      [height, width, 1],
    ),
    mask: hostTensor(numbers, [height, width]),
  };
}

function draws<T>(make: (context: { random: RandomStream }) => T, number = DRAWS): T[] {
  const root = RandomStream.fromSeed(11);
  return Array.from({ length: number }, (_, i) => make({ random: root.split(i) }));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Pearson's statistic of counts that should be equal. */
function chiSquared(counts: readonly number[]): number {
  const expected = mean(counts);
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function countsOf(values: readonly number[], numValues: number): number[] {
  const counts = Array.from({ length: numValues }, () => 0);
  for (const value of values) counts[value]!++;
  return counts;
}

describe("random transforms", () => {
  const augment = compose(
    maybe(0.5, flipHorizontal()),
    pad({ padding: 2, mode: "reflect" }),
    randomAffine({ degrees: 10, translate: [0.1, 0.1] }),
    randomResizedCrop({ size: 8 }),
    colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
    maybe(0.3, gaussianBlur({ sigma: [0.1, 2] })),
    gaussianNoise({ sigma: 0.02 }),
    normalize({ mean: 0.5, std: 0.25 }),
    maybe(0.5, randomErasing({ fill: "noise" })),
  );
  const bytes = Uint8Array.from({ length: 12 * 10 * 11 * 3 }, (_, i) => (i * 89) % 251);
  const set = arrays({
    image: hostTensor(bytes, [12, 10, 11, 3]),
    mask: hostTensor(bytes.slice(0, 12 * 110), [12, 10, 11]),
    id: Int32Array.from({ length: 12 }, (_, i) => i),
  });

  async function samples(batchSize: number, shuffle: boolean, skip = 0) {
    const batches = loader(set, { batchSize, shuffle, seed: 5, transform: augment });
    if (skip > 0) {
      const before = loader(set, { batchSize, shuffle, seed: 5, transform: augment });
      const iterator = before[Symbol.asyncIterator]();
      for (let i = 0; i < skip; i += batchSize) await iterator.next();
      batches.loadState(before.saveState(skip));
    }
    const byId = new Map<number, unknown>();
    for await (const { image, mask, id } of batches) {
      id.data.forEach((each, i) => byId.set(each, [image.data.slice(i * 192, (i + 1) * 192), mask.data.slice(i * 64, (i + 1) * 64)]));
    }
    return byId;
  }

  it("give the same bits in any batch size and order, and after a resume", async () => {
    const expected = await samples(1, false);
    expect(expected.size).toBe(12);
    const same = async (found: Map<number, unknown>): Promise<void> => {
      for (const [id, sample] of found) expect(sample).toEqual(expected.get(id));
    };
    await same(await samples(5, false));
    await same(await samples(4, true));
    const rest = await samples(3, true, 6);
    expect(rest.size).toBe(6);
    await same(rest);
  });

  it("give the bits that they gave when this test was written", () => {
    const sample = { image: hostTensor(bytes.slice(0, 330), [10, 11, 3]) };
    const { image } = augment(sample, { random: RandomStream.fromSeed(3) });
    expect(Array.from(image.data.slice(0, 4), (value) => value.toFixed(4))).toMatchInlineSnapshot(`
      [
        "-1.2941",
        "-1.6078",
        "-1.7333",
        "0.0235",
      ]
    `);
  });
});

describe("maybe", () => {
  it("happens as often as it should: never, always, and in between", () => {
    const sample = numbered(2, 2);
    const share = (probability: number) =>
      mean(draws((context) => Number(maybe(probability, flipHorizontal())(sample, context) !== sample)));
    expect(share(0)).toBe(0);
    expect(share(1)).toBe(1);
    expect(Math.abs(share(0.3) - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / DRAWS));
  });
});

describe("randomCrop", () => {
  it("takes each place as often as any other", () => {
    const sample = numbered(6, 5);
    const corners = draws((context) => randomCrop({ size: [4, 2] })(sample, context).mask.data[0]!);
    const places = corners.map((corner) => Math.floor(corner / 5) * 4 + (corner % 5));
    expect(chiSquared(countsOf(places, 12))).toBeLessThan(31.3); // 11 degrees of freedom, p = 0.001
  });
});

describe("randomResizedCrop", () => {
  /** Where the pixels of a mask that was enlarged come from. */
  function boxOf(mask: { readonly data: ArrayLike<number> }, width: number) {
    const [first, last] = [mask.data[0]!, mask.data[mask.data.length - 1]!];
    const [top, left] = [Math.floor(first / width), first % width];
    return { top, left, height: Math.floor(last / width) - top + 1, width: (last % width) - left + 1 };
  }

  it("takes areas and ratios that are as likely as asked for", () => {
    const sample = numbered(40, 40);
    const boxes = draws(
      (context) => boxOf(randomResizedCrop({ size: 80, scale: [0.2, 0.6], ratio: [0.5, 2] })(sample, context).mask, 40),
      500,
    );
    const shares = boxes.map(({ height, width }) => (height * width) / 1600);
    const ratios = boxes.map(({ height, width }) => Math.log(width / height));
    expect(Math.min(...shares)).toBeGreaterThan(0.19);
    expect(Math.max(...shares)).toBeLessThan(0.63);
    // Wide pieces of a large area do not fit and are drawn again: the mean lies a little below 0.4.
    expect(mean(shares)).toBeGreaterThan(0.37);
    expect(mean(shares)).toBeLessThan(0.41);
    expect(Math.max(...ratios.map(Math.abs))).toBeLessThan(Math.log(2.15));
    expect(Math.abs(mean(ratios))).toBeLessThan(0.06);
  });

  it("is the piece, resized", () => {
    const height = 20;
    const width = 24;
    const image = hostTensor(
      Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 97) % 256),
      [height, width, 3],
    );
    const { mask } = numbered(height, width);
    for (const context of [1, 2, 3, 4, 5]) {
      const crop = randomResizedCrop({ size: [60, 72], scale: [0.1, 0.9] })({ image, mask }, { random: RandomStream.fromSeed(context) });
      const box = boxOf(crop.mask, width);
      const piece = new Uint8Array(box.height * box.width * 3);
      for (let i = 0; i < piece.length; i++) {
        const [y, x] = [Math.floor(i / (box.width * 3)), i % (box.width * 3)];
        piece[i] = image.data[(box.top + y) * width * 3 + box.left * 3 + x]!;
      }
      expect(crop.image).toEqual(resize({ size: [60, 72] })({ image: hostTensor(piece, [box.height, box.width, 3]) }).image);
    }
  });

  it("takes the middle where no piece fits", () => {
    const { mask } = randomResizedCrop({ size: [50, 20], scale: [1, 1], ratio: [0.25, 0.25] })(numbered(5, 20), {
      random: RandomStream.fromSeed(1),
    });
    expect(boxOf(mask, 20)).toEqual({ top: 0, left: 9, height: 5, width: 1 });
  });
});

describe("randomAffine and randomRotate", () => {
  it("shift by whole pixels, up to the shares of width and height", () => {
    const { mask, image } = numbered(10, 20);
    const marked = {
      image,
      mask: hostTensor(
        Uint8Array.from(mask.data, (n) => Number(n === 5 * 20 + 10)),
        [10, 20],
      ),
    };
    const places = draws((context) => randomAffine({ degrees: 0, translate: [0.1, 0.3] })(marked, context).mask.data.indexOf(1));
    const [shiftsX, shiftsY] = [places.map((place) => (place % 20) - 10), places.map((place) => Math.floor(place / 20) - 5)];
    expect([Math.min(...shiftsX), Math.max(...shiftsX), Math.min(...shiftsY), Math.max(...shiftsY)]).toEqual([-2, 2, -3, 3]);
    expect(Math.abs(mean(shiftsX))).toBeLessThan(0.12);
    expect(Math.abs(mean(shiftsY))).toBeLessThan(0.18);
  });

  it("turn both ways alike", () => {
    const { image } = numbered(9, 9);
    const bright = {
      image: hostTensor(
        image.data.map((_, i) => Number(i === 4 * 9 + 8)),
        [9, 9, 1],
      ),
    };
    const rows = draws((context) =>
      Math.floor(randomRotate({ degrees: 45, interpolation: "nearest" })(bright, context).image.data.indexOf(1) / 9),
    );
    expect(rows.filter((row) => row < 4).length / rows.filter((row) => row > 4).length).toBeGreaterThan(0.8);
    expect(rows.filter((row) => row < 4).length / rows.filter((row) => row > 4).length).toBeLessThan(1.25);
  });
});

describe("colorJitter", () => {
  it("draws factors from the whole range", () => {
    const image = hostTensor(Float32Array.of(0.5), [1, 1, 1]);
    const factors = draws((context) => colorJitter({ brightness: 0.4 })({ image }, context).image.data[0]! * 2);
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.6);
    expect(Math.max(...factors)).toBeLessThan(1.4 + 1e-6);
    expect(Math.abs(mean(factors) - 1)).toBeLessThan(0.02);
    const tenths = factors.map((factor) => Math.min(9, Math.floor((factor - 0.6) / 0.08)));
    expect(chiSquared(countsOf(tenths, 10))).toBeLessThan(27.9); // 9 degrees of freedom, p = 0.001
  });

  it("changes in random order", () => {
    // Brighter first: (1, 0.3), cut off at 1, then halfway to the mean 0.65. Contrast first: (0.4, 0.2), then brighter.
    const image = hostTensor(Float32Array.of(0.5, 0.1), [1, 2, 1]);
    const jitter = colorJitter({ brightness: [3, 3], contrast: [0.5, 0.5] });
    const results = draws((context) => Array.from(jitter({ image }, context).image.data, (value) => value.toFixed(3)).join(), 100);
    expect(new Set(results)).toEqual(new Set(["0.825,0.475", "1.000,0.600"]));
  });
});

describe("gaussianNoise", () => {
  it("has the mean and the deviation asked for, in bytes and floats", () => {
    const size = 100;
    const floats = hostTensor(new Float32Array(size * size).fill(0.5), [size, size, 1]);
    const levels = hostTensor(new Uint8Array(size * size).fill(128), [size, size, 1]);
    const context = { random: RandomStream.fromSeed(2) };
    for (const [noise, sigma] of [
      [Array.from(gaussianNoise({ sigma: 0.1 })({ image: floats }, context).image.data, (value) => value - 0.5), 0.1],
      [Array.from(gaussianNoise({ sigma: 0.1 })({ image: levels }, context).image.data, (value) => value - 128), 25.5],
    ] as const) {
      expect(Math.abs(mean(noise))).toBeLessThan((4 * sigma) / size);
      expect(Math.abs(Math.sqrt(mean(noise.map((value) => value ** 2))) / sigma - 1)).toBeLessThan(0.03);
      // Of normal numbers 4.55 % lie beyond two deviations, and neighbours have nothing to do with each other.
      expect(Math.abs(mean(noise.map((value) => Number(Math.abs(value) > 2 * sigma))) - 0.0455)).toBeLessThan(0.01);
      expect(Math.abs(mean(noise.slice(1).map((value, i) => value * noise[i]!)))).toBeLessThan((4 * sigma ** 2) / size);
    }
  });

  it("stays within the values of images", () => {
    const black = gaussianNoise({ sigma: 0.5 })(
      { image: hostTensor(new Uint8Array(100), [10, 10, 1]) },
      { random: RandomStream.fromSeed(1) },
    );
    expect(black.image.data.filter((value) => value === 0).length).toBeGreaterThan(30);
    const white = gaussianNoise({ sigma: 0.5 })(
      { image: hostTensor(new Float32Array(100).fill(1), [10, 10, 1]) },
      { random: RandomStream.fromSeed(1) },
    );
    expect(Math.max(...white.image.data)).toBe(1);
    expect(Math.min(...white.image.data)).toBeGreaterThanOrEqual(0);
  });
});

describe("cutout and randomErasing", () => {
  const erased = (transform: ImageTransform, height: number, width: number, random: RandomStream) => {
    const { data } = transform({ image: hostTensor(new Float32Array(height * width).fill(9), [height, width, 1]) }, { random }).image;
    return Array.from(data).flatMap((value, i) => (value === 9 ? [] : [{ y: Math.floor(i / width), x: i % width, value }]));
  };

  it("cuts a square out, whole in the middle and in part at the border", () => {
    const holes = draws(({ random }) => erased(cutout({ size: 3, fill: 2 }), 9, 8, random).length, 500);
    expect(new Set(holes)).toEqual(new Set([4, 6, 9]));
    // A middle that is no border pixel of 9 x 8: 7 * 6 of 72.
    expect(Math.abs(mean(holes.map((count) => Number(count === 9))) - 42 / 72)).toBeLessThan(0.09);
  });

  it("erases rectangles of the shares and ratios asked for", () => {
    const boxes = draws(({ random }) => erased(randomErasing({ scale: [0.1, 0.2], ratio: [0.5, 2], fill: 2 }), 40, 40, random), 300);
    for (const pixels of boxes) {
      const [xs, ys] = [pixels.map(({ x }) => x), pixels.map(({ y }) => y)];
      const [width, height] = [Math.max(...xs) - Math.min(...xs) + 1, Math.max(...ys) - Math.min(...ys) + 1];
      expect(pixels.length).toBe(width * height);
      expect(pixels.every(({ value }) => value === 2)).toBe(true);
      expect(pixels.length / 1600).toBeGreaterThan(0.09);
      expect(pixels.length / 1600).toBeLessThan(0.22);
      expect(width / height).toBeGreaterThan(0.45);
      expect(width / height).toBeLessThan(2.2);
    }
  });

  it("erases with noise", () => {
    const values = erased(randomErasing({ scale: [0.9, 0.9], ratio: [1, 1], fill: "noise" }), 60, 60, RandomStream.fromSeed(4)).map(
      ({ value }) => value,
    );
    expect(Math.abs(mean(values))).toBeLessThan(0.08);
    expect(Math.abs(mean(values.map((value) => value ** 2)) - 1)).toBeLessThan(0.12);
  });

  it("leaves an image whole in which no rectangle fits", () => {
    expect(erased(randomErasing({ scale: [1, 1], ratio: [3, 3] }), 10, 10, RandomStream.fromSeed(1))).toEqual([]);
  });
});
