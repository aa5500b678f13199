import { describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, RandomStream, type HostTensor } from "@snapfit/base";
import { arrays, collate, loader } from "@snapfit/data";
import { cutMix, mixUp, normalize } from "@snapfit/data/images";

const stream = (seed: number) => ({ random: RandomStream.fromSeed(seed) });
const DRAWS = 3000;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Three images of 6 x 8 whose values are all their label. */
const batch = () => ({
  image: hostTensor(
    Float32Array.from({ length: 144 }, (_, i) => Math.floor(i / 48)),
    [3, 6, 8, 1],
  ),
  label: hostTensor(Int32Array.of(0, 1, 2), [3]),
  names: ["a", "b", "c"],
});

async function all<Batch>(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const list: Batch[] = [];
  for await (const each of batches) list.push(each);
  return list;
}

/** The share of a sample's own label, as the first label tells it. */
const shareOf = ({ label }: { readonly label: HostTensor<2, "float32"> }): number => label.data[0]!;

describe("mixUp", () => {
  it("mixes each image and label with those before, by one share", () => {
    const { image, label, names } = mixUp({ numClasses: 3 })(batch(), stream(1));
    const share = label.data[0]!;
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
    expect(label.shape).toEqual([3, 3]);
    [share, 0, 1 - share, 1 - share, share, 0, 0, 1 - share, share].forEach((value, i) => expect(label.data[i]).toBeCloseTo(value, 6));
    const expected = [2 * (1 - share), share, 2 * share + (1 - share)];
    image.data.forEach((value, i) => expect(value).toBeCloseTo(expected[Math.floor(i / 48)]!, 6));
    expect(names).toEqual(["a", "b", "c"]);
  });

  it("rounds bytes", () => {
    const image = hostTensor(Uint8Array.of(255, 0), [2, 1, 1, 1]);
    const { image: mixed, label } = mixUp({ numClasses: 2 })({ image, label: hostTensor(Int32Array.of(0, 1), [2]) }, stream(3));
    expect(Array.from(mixed.data)).toEqual([Math.round(255 * label.data[0]!), Math.round(255 * label.data[2]!)]);
    expect(mixed.dtype).toBe("uint8");
  });

  it("leaves a batch of one as it is, but for its soft label", () => {
    const image = hostTensor(Float32Array.of(0.25, 0.75), [1, 1, 2, 1]);
    const { image: mixed, label } = mixUp({ numClasses: 4 })({ image, label: hostTensor(Float32Array.of(3), [1]) }, stream(1));
    mixed.data.forEach((value, i) => expect(value).toBeCloseTo(image.data[i]!, 6));
    expect(label.data[3]).toBeCloseTo(1, 6);
  });

  // Beta(a, a) has the mean 1/2 and the variance 1 / (4 (2a + 1)).
  it.each([0.01, 0.2, 1, 3])("draws shares from Beta(alpha, alpha): alpha %f", (alpha) => {
    const mix = mixUp({ numClasses: 3, alpha });
    const root = RandomStream.fromSeed(5);
    const shares = Array.from({ length: DRAWS }, (_, i) => shareOf(mix(batch(), { random: root.split(i) })));
    const variance = 1 / (4 * (2 * alpha + 1));
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
    expect(Math.abs(mean(shares) - 0.5)).toBeLessThan(4 * Math.sqrt(variance / DRAWS));
    expect(Math.abs(mean(shares.map((share) => (share - 0.5) ** 2)) / variance - 1)).toBeLessThan(0.08);
  });
});

describe("cutMix", () => {
  it("puts one rectangle of the image before into each image, and mixes labels by the areas", () => {
    const root = RandomStream.fromSeed(2);
    const sizes = Array.from({ length: 200 }, (_, i) => {
      const before = batch();
      const { image, label } = cutMix({ numClasses: 3 })(before, { random: root.split(i) });
      const own = Array.from(image.data, (value, at) => value === before.image.data[at]);
      const pasted = own.slice(0, 48).flatMap((isOwn, at) => (isOwn ? [] : [at]));
      expect(Array.from(image.data)).toEqual(own.map((isOwn, at) => (Math.floor(at / 48) + (isOwn ? 0 : 2)) % 3));
      for (const each of [1, 2]) expect(own.slice(each * 48, each * 48 + 48)).toEqual(own.slice(0, 48));
      const [ys, xs] = [pasted.map((at) => Math.floor(at / 8)), pasted.map((at) => at % 8)];
      if (pasted.length > 0) {
        expect(pasted.length).toBe((Math.max(...ys) - Math.min(...ys) + 1) * (Math.max(...xs) - Math.min(...xs) + 1));
      }
      expect(label.data[0]).toBeCloseTo(1 - pasted.length / 48, 6);
      expect(label.data[2]).toBeCloseTo(pasted.length / 48, 6);
      return pasted.length;
    });
    expect(Math.min(...sizes)).toBe(0);
    expect(Math.max(...sizes)).toBe(24);
  });
});

describe("mixing", () => {
  it("leaves the batch that it is given as it was, and mixes soft labels again", () => {
    const given = batch();
    const before = structuredClone(given);
    const once = mixUp({ numClasses: 3 })(given, stream(1));
    expect(given).toEqual(before);
    const { label } = cutMix({ numClasses: 3 })(once, stream(2));
    for (let i = 0; i < 9; i += 3) expect(label.data[i]! + label.data[i + 1]! + label.data[i + 2]!).toBeCloseTo(1, 5);
  });

  it("gives the rest of a batch and the images their types", () => {
    expectTypeOf(mixUp({ numClasses: 3 })(batch(), stream(1))).toEqualTypeOf<{
      image: HostTensor<4, "float32">;
      label: HostTensor<2, "float32">;
      names: string[];
    }>();
  });

  it("in the loader's collate is the same after a resume, and another in each pass", async () => {
    const set = arrays({
      image: hostTensor(
        Uint8Array.from({ length: 10 * 12 }, (_, i) => i * 2),
        [10, 2, 2, 3],
      ),
      label: Int32Array.from({ length: 10 }, (_, i) => i),
    });
    const mix = mixUp({ numClasses: 10 });
    const make = () =>
      loader(set, {
        batchSize: 3,
        shuffle: true,
        seed: 4,
        transform: (sample) => normalize()(sample),
        collate: (samples, context) => mix(collate(samples), context),
      });
    const batches = make();
    const first = await all(batches);
    const second = await all(batches);
    expectTypeOf(first[0]!.image).toEqualTypeOf<HostTensor<4, "float32">>();
    expectTypeOf(first[0]!.label).toEqualTypeOf<HostTensor<2, "float32">>();
    // Six batches of three with shares of their own, two of one sample.
    expect(new Set([...first, ...second].map(({ label }) => Math.max(...label.data))).size).toBe(7);

    const left = make();
    const iterator = left[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    const resumed = make();
    resumed.loadState(left.saveState(6));
    expect(await all(resumed)).toEqual(first.slice(2));
  });

  it.each([
    [
      "labels of other classes",
      { label: hostTensor(Int32Array.of(0, 3, 1), [3]) },
      "LABEL_RANGE",
      "mixUp() got the label 3 of sample 1 in the batch.",
    ],
    ["labels between classes", { label: hostTensor(Float32Array.of(0, 0.5, 1), [3]) }, "LABEL_RANGE", "got the label 0.5"],
    ["soft labels of other classes", { label: hostTensor(new Float32Array(6), [3, 2]) }, "LABEL_RANGE", "got labels [3, 2]"],
    ["another number of labels", { label: hostTensor(Int32Array.of(0, 1), [2]) }, "IMAGE_FORM", 'int32 [2] as "label"'],
    ["single images", { image: hostTensor(new Float32Array(3), [3, 1, 1]) }, "IMAGE_FORM", 'float32 [3, 1, 1] as "image"'],
    ["masks", { mask: hostTensor(new Uint8Array(3), [3, 1, 1]) }, "IMAGE_FORM", 'uint8 [3, 1, 1] as "mask"'],
  ])("refuses %s", (_, part, code, message) => {
    const mix = () => mixUp({ numClasses: 3 })({ ...batch(), ...part } as never, stream(1));
    expect(mix).toThrow(expect.objectContaining({ code }));
    expect(mix).toThrow(message);
  });

  it("refuses options that cannot be", () => {
    expect(() => mixUp({} as never)).toThrow("mixUp() got no numClasses. It takes a whole number of at least 1.");
    expect(() => cutMix({ numClasses: 2, alpha: 0 })).toThrow("cutMix() got alpha: 0. It takes a finite number above 0.");
    expect(() => cutMix({ numClasses: 2, alfa: 1 } as never)).toThrow('Did you mean "alpha"?');
  });
});
