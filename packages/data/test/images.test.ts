import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { hostTensor, RandomStream, type HostTensor } from "@snapfit/base";
import {
  centerCrop,
  colorJitter,
  compose,
  cutout,
  flipHorizontal,
  flipVertical,
  gaussianBlur,
  gaussianNoise,
  grayscale,
  maybe,
  normalize,
  pad,
  randomAffine,
  randomCrop,
  randomErasing,
  randomResizedCrop,
  randomRotate,
  resize,
  type FixedTransform,
  type ImageTransform,
} from "@snapfit/data/images";

const stream = (seed = 1) => ({ random: RandomStream.fromSeed(seed) });

/** Each pixel is its own number, from 1: in the image and in the mask. */
function numbered(height: number, width: number) {
  const numbers = Int32Array.from({ length: height * width }, (_, i) => i + 1);
  return {
    image: hostTensor(Float32Array.from(numbers), [height, width, 1]),
    mask: hostTensor(numbers, [height, width]),
    label: 3,
  };
}

function photo(height = 12, width = 15, channels = 3) {
  const bytes = new Float32Array(height * width * channels);
  RandomStream.fromSeed(height, width, channels).fillUniform(bytes);
  return hostTensor(
    Uint8Array.from(bytes, (value) => value * 256),
    [height, width, channels],
    "uint8",
  ) as HostTensor<3, "uint8">;
}

const movements: Record<string, ImageTransform> = {
  "resize to one size": resize({ size: [7, 30], interpolation: "nearest" }),
  "resize of the shorter side": resize({ size: 6, interpolation: "nearest" }),
  centerCrop: centerCrop({ size: [5, 8] }),
  randomCrop: randomCrop({ size: 9 }),
  randomResizedCrop: randomResizedCrop({ size: [10, 8], interpolation: "nearest" }),
  "pad with a value": pad({ padding: [1, 2, 0, 3] }),
  "pad mirrored": pad({ padding: 30, mode: "reflect" }),
  "pad with edges": pad({ padding: 4, mode: "edge" }),
  flipHorizontal: flipHorizontal(),
  flipVertical: flipVertical(),
  randomRotate: randomRotate({ degrees: 180, interpolation: "nearest" }),
  randomAffine: randomAffine({ degrees: 20, translate: [0.3, 0.2], scale: [0.7, 1.4], shear: 15, interpolation: "nearest" }),
  "a list of several": compose(maybe(0.5, flipHorizontal()), pad({ padding: 2 }), randomCrop({ size: 9 }), maybe(0.5, flipVertical())),
};

const recolorings: Record<string, ImageTransform> = {
  colorJitter: colorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2 }),
  gaussianNoise: gaussianNoise({ sigma: 0.1 }),
  gaussianBlur: gaussianBlur({ sigma: [0.1, 2] }),
  cutout: cutout({ size: 4, fill: 7 }),
  randomErasing: randomErasing({ fill: [1, 2, 3] }),
  grayscale: grayscale({ channels: 3 }),
};

describe("every movement", () => {
  it.each(Object.entries(movements))("takes the mask along pixel by pixel: %s", (_, transform) => {
    for (let seed = 0; seed < 10; seed++) {
      const sample = numbered(12, 15);
      const { image, mask, label } = transform(sample, stream(seed));
      expect(Array.from(mask.data)).toEqual(Array.from(image.data));
      expect(mask.shape).toEqual(image.shape.slice(0, 2));
      expect([mask.dtype, image.dtype, label]).toEqual(["int32", "float32", 3]);
      const deep = transform({ ...sample, mask: hostTensor(Uint8Array.from(sample.mask.data), [12, 15, 1], "bool") }, stream(seed));
      expect(deep.mask.shape).toEqual(image.shape);
      expect(deep.mask.dtype).toBe("bool");
    }
  });

  it("moves masks by nearest where images are interpolated", () => {
    const sample = { ...numbered(20, 20), image: photo(20, 20) };
    for (const transform of [resize({ size: 7 }), randomRotate({ degrees: [30, 30], fill: 9 }), randomResizedCrop({ size: 11 })]) {
      const nearest = new Set([0, ...sample.mask.data]);
      expect(transform(sample, stream()).mask.data.every((value) => nearest.has(value))).toBe(true);
    }
    const { mask } = resize({ size: 10 })(sample);
    expect(Array.from(mask.data.slice(0, 3))).toEqual([22, 24, 26]);
  });
});

describe("every change of values", () => {
  it.each(Object.entries(recolorings))("leaves masks and all else as they are: %s", (_, transform) => {
    const sample = { ...numbered(12, 15), image: photo(), name: "a.png" };
    const changed = transform(sample, stream());
    expect(changed.image.shape).toEqual([12, 15, 3]);
    expect(changed.image.data).not.toEqual(sample.image.data);
    expect(changed.mask).toBe(sample.mask);
    expect(changed.name).toBe("a.png");
  });

  it.each(["colorJitter", "grayscale"])("is refused where channels are no colours: %s", (name) => {
    expect(() => recolorings[name]!({ image: photo(4, 4, 2) }, stream())).toThrow(
      `${name}() got an image [4, 4, 2]. It takes grey (1 channel), RGB (3) and RGBA (4).`,
    );
  });
});

describe("every transform", () => {
  const all = Object.entries({ ...movements, ...recolorings, normalize: normalize() as unknown as ImageTransform });

  it.each(all)("leaves what it is given as it was: %s", (_, transform) => {
    const sample = { ...numbered(12, 15), image: photo() };
    const before = structuredClone(sample);
    transform(sample, stream());
    expect(sample).toEqual(before);
  });

  it.each(all)("draws from its stream alone: %s", (_, transform) => {
    const sample = { ...numbered(12, 15), image: photo() };
    expect(transform(sample, stream(5))).toEqual(transform(sample, stream(5)));
  });

  it.each([
    ["nothing", undefined, "got nothing as"],
    ["another rank", hostTensor(new Uint8Array(4), [2, 2]), "got uint8 [2, 2] with 4 values as"],
    ["another dtype", hostTensor(new Int32Array(4), [2, 2, 1]), "got int32 [2, 2, 1] with 4 values as"],
    ["bools", hostTensor(new Uint8Array(4), [2, 2, 1], "bool"), "got bool [2, 2, 1] with 4 values as"],
    ["no pixels", hostTensor(new Uint8Array(0), [0, 2, 3]), "got uint8 [0, 2, 3] with 0 values as"],
    ["another number of values", { dtype: "uint8", shape: [2, 2, 3], data: new Uint8Array(4) }, "got uint8 [2, 2, 3] with 4 values as"],
    ["plain numbers", [1, 2, 3], "got Array as"],
  ])("refuses an image that is %s", (_, image, message) => {
    for (const transform of [flipHorizontal(), grayscale()]) {
      expect(() => transform({ image: image as never })).toThrow(expect.objectContaining({ code: "IMAGE_FORM" }));
      expect(() => transform({ image: image as never })).toThrow(message);
    }
  });

  it("refuses a mask of another size", () => {
    const sample = { image: photo(), mask: hostTensor(new Uint8Array(12 * 14), [12, 14]) };
    expect(() => flipHorizontal()(sample)).toThrow(
      'flipHorizontal() got uint8 [12, 14] with 168 values as "mask" of an image of 12 x 15. A mask is [height, width] or [height, width, channels], as high and wide as its image.',
    );
    expect(() => flipHorizontal()({ image: photo(), mask: 5 as never })).toThrow('got Number as "mask"');
  });
});

describe("options", () => {
  it.each([
    [() => resize({ sise: 5 } as never), 'resize() has no option "sise". Did you mean "size"?'],
    [() => resize({} as never), "resize() got no size. It takes a whole number of at least 1, or [height, width]."],
    [() => resize({ size: 0 }), "resize() got size: 0."],
    [() => resize({ size: 8, interpolation: "cubic" as never }), 'got interpolation: "cubic". It takes "bilinear" or "nearest".'],
    [() => centerCrop({ size: [2, 3, 4] as never }), "centerCrop() got size: [2, 3, 4]."],
    [() => randomCrop({ size: 1.5 }), "randomCrop() got size: 1.5."],
    [
      () => randomResizedCrop({ size: 8, scale: [0.5, 1.5] }),
      "got scale: [0.5, 1.5]. It takes [low, high], the lower first, each a number above 0, at most 1.",
    ],
    [() => randomResizedCrop({ size: 8, ratio: [2, 1] }), "got ratio: [2, 1]."],
    [() => pad({ padding: -1 }), "pad() got padding: -1. It takes a whole number of at least 0, or [top, right, bottom, left]."],
    [() => pad({ padding: 1, mode: "wrap" as never }), 'got mode: "wrap". It takes "constant", "reflect" or "edge".'],
    [() => randomRotate({ degrees: NaN }), "randomRotate() got degrees: NaN."],
    [() => randomAffine({ degrees: 0, translate: [0, 2] }), "got translate: [0, 2]. It takes [x, y], each a number from 0 to 1."],
    [() => randomAffine({ degrees: 0, shear: 90 }), "got shear: 90."],
    [
      () => colorJitter({ hue: 0.6 }),
      "got hue: 0.6. It takes a number from 0 to 0.5, or [low, high], the lower first, each a number from -0.5 to 0.5.",
    ],
    [() => colorJitter({ brightness: [-1, 1] }), "got brightness: [-1, 1]."],
    [() => gaussianNoise({ sigma: -1 }), "gaussianNoise() got sigma: -1."],
    [() => gaussianBlur({ sigma: 1, kernelSize: 4 }), "got kernelSize: 4. It takes an odd number above 0."],
    [() => cutout({ size: 0 }), "cutout() got size: 0."],
    [() => randomErasing({ fill: "dots" as never }), 'got fill: "dots".'],
    [() => normalize({ std: [1, 0] }), "normalize() got std: [1, 0]."],
    [() => grayscale({ channels: 2 as never }), "grayscale() got channels: 2. It takes 1 or 3."],
    [() => maybe(1.5, flipHorizontal()), "maybe() got probability: 1.5. It takes a number from 0 to 1."],
    [
      () => compose([flipHorizontal()] as never),
      "compose() got transforms[0]: [a function]. It takes a transform, a function as flipHorizontal() makes it;",
    ],
  ])("are checked when the transform is made: %#", (make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: message.includes("has no option") ? "OPTION_UNKNOWN" : "OPTION_INVALID" }));
    expect(make).toThrow(message);
  });

  it("that depend on the image are checked with it", () => {
    const image = photo();
    expect(() => centerCrop({ size: [13, 5] })({ image })).toThrow(
      "centerCrop() got an image of 12 x 15 for a crop of 13 x 5. The crop lies inside of the image.",
    );
    expect(() => randomCrop({ size: 16 })({ image }, stream())).toThrow(expect.objectContaining({ code: "IMAGE_SIZE" }));
    expect(() => pad({ padding: 1, fill: 300 })({ image })).toThrow(
      "pad() got fill: [300, 300, 300] for an image of 3 channels in a Uint8Array.",
    );
    expect(() => pad({ padding: 1, fill: [1, 2] })({ image })).toThrow("pad() got fill: [1, 2]");
    expect(() => cutout({ size: 2, fill: 0.5 })({ image }, stream())).toThrow("whole numbers from 0 to 255");
    expect(() => normalize({ mean: [1, 2] })({ image })).toThrow("normalize() got 2 numbers as mean for an image of 3 channels.");
  });
});

describe("compose", () => {
  it("does one after the other", () => {
    const { image } = compose(flipHorizontal(), centerCrop({ size: [1, 2] }), normalize({ mean: 1 }))(numbered(3, 4));
    expect(image).toEqual(hostTensor(Float32Array.of(6, 5), [1, 2, 1]));
  });

  it("gives each transform numbers of its own", () => {
    const crop = randomCrop({ size: 9 });
    const boxes = (first: ImageTransform) =>
      [1, 2, 3, 4, 5].map((seed) => compose(first, crop)(numbered(12, 15), stream(seed)).mask.data[0]);
    expect(boxes(cutout({ size: 2 }))).toEqual(boxes(gaussianNoise({ sigma: 0.3 })));
    expect(new Set(boxes(cutout({ size: 2 }))).size).toBeGreaterThan(1);
  });

  it("of nothing leaves samples as they are", () => {
    const sample = numbered(2, 2);
    expect(compose()(sample)).toBe(sample);
  });
});

describe("laws", () => {
  const sides = fc.integer({ min: 1, max: 12 });
  const sizes = fc.record({ height: sides, width: sides, channels: fc.constantFrom(1, 3, 4) });

  it("a flip twice is none; cutting a border off again leaves the image", () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom("constant" as const, "reflect" as const, "edge" as const), ({ height, width, channels }, mode) => {
        const image = photo(height, width, channels);
        expect(compose(flipHorizontal(), flipHorizontal())({ image }).image).toEqual(image);
        expect(compose(flipVertical(), flipVertical())({ image }).image).toEqual(image);
        expect(compose(pad({ padding: 4, mode }), centerCrop({ size: [height, width] }))({ image }).image).toEqual(image);
      }),
      { numRuns: 50 },
    );
  });

  it("a resize keeps one colour, commutes with flips, and to the same size changes nothing", () => {
    fc.assert(
      fc.property(sizes, sides, sides, fc.nat(255), ({ height, width, channels }, toHeight, toWidth, level) => {
        const size = [toHeight, toWidth] as const;
        const plain = hostTensor(new Uint8Array(height * width * channels).fill(level), [height, width, channels]);
        expect(resize({ size })({ image: plain }).image.data.every((value) => value === level)).toBe(true);
        const image = photo(height, width, channels);
        const floats = normalize()({ image });
        const mirrored = compose(flipHorizontal(), resize({ size }), flipHorizontal())(floats).image;
        resize({ size })(floats).image.data.forEach((value, i) => expect(mirrored.data[i]).toBeCloseTo(value, 5));
        expect(resize({ size: [height, width] })({ image }).image).toEqual(image);
      }),
      { numRuns: 50 },
    );
  });

  it("each channel is resized as if it were alone", () => {
    const upTo = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(upTo, upTo, upTo, upTo, fc.constantFrom(3, 4), (height, width, toHeight, toWidth, channels) => {
        const image = photo(height, width, channels);
        const resized = resize({ size: [toHeight, toWidth] })({ image }).image;
        for (let c = 0; c < channels; c++) {
          const alone = hostTensor(
            image.data.filter((_, i) => i % channels === c),
            [height, width, 1],
          );
          expect(resized.data.filter((_, i) => i % channels === c)).toEqual(
            resize({ size: [toHeight, toWidth] })({ image: alone }).image.data,
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  it("a quarter turn moves each pixel of a square, four are none", () => {
    const quarter = randomRotate({ degrees: [90, 90] });
    const sample = numbered(3, 3);
    expect(Array.from(quarter(sample, stream()).image.data)).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
    const image = photo(8, 8);
    expect(compose(quarter, quarter, quarter, quarter)({ image }, stream()).image).toEqual(image);
  });

  it("no spread of colours, no noise and no turn change nothing", () => {
    const image = photo();
    const still = [
      colorJitter({}),
      colorJitter({ brightness: 0, contrast: 0, saturation: 0, hue: 0 }),
      gaussianNoise({ sigma: 0 }),
      randomAffine({ degrees: 0 }),
    ];
    for (const transform of still) expect(transform({ image }, stream()).image).toEqual(image);
  });

  it("alpha and grey images keep what has no colour", () => {
    const alpha = photo(4, 4, 4);
    const jitter = colorJitter({ brightness: 0.9, contrast: 0.9, saturation: 0.9, hue: 0.5 });
    const changed = jitter({ image: alpha }, stream()).image;
    expect(changed.data.filter((_, i) => i % 4 === 3)).toEqual(alpha.data.filter((_, i) => i % 4 === 3));
    const grey = photo(4, 4, 1);
    expect(colorJitter({ saturation: 0.9, hue: 0.5 })({ image: grey }, stream()).image).toEqual(grey);
    expect(grayscale()({ image: grey }).image).toEqual(grey);
    expect(grayscale()({ image: alpha }).image.shape).toEqual([4, 4, 1]);
  });
});

describe("types", () => {
  it("of the rest of a sample, and of the image's dtype, are kept or as the transform makes them", () => {
    const sample = { image: photo(), label: 1 as const, name: "a" };
    expectTypeOf(flipHorizontal()(sample)).toEqualTypeOf(sample);
    expectTypeOf(randomCrop({ size: 2 })(sample, stream())).toEqualTypeOf(sample);
    type Normalized = { image: HostTensor<3, "float32">; label: 1; name: string };
    expectTypeOf(normalize()(sample)).toEqualTypeOf<Normalized>();
    expectTypeOf(compose(normalize(), flipHorizontal())(sample)).toEqualTypeOf<Normalized>();
    expectTypeOf(compose(randomCrop({ size: 2 }), normalize(), cutout({ size: 1 }))(sample, stream())).toEqualTypeOf<Normalized>();
    expectTypeOf(compose(flipHorizontal(), maybe(0.5, flipVertical()))(sample, stream())).toEqualTypeOf(sample);
    expectTypeOf(compose(flipHorizontal(), normalize())).toEqualTypeOf<FixedTransform<"float32">>();
    const list: ImageTransform[] = [flipHorizontal(), randomCrop({ size: 2 })];
    expectTypeOf(compose(...list)).toEqualTypeOf<ImageTransform>();
  });

  it("do not take random transforms without a stream, nor samples without an image", () => {
    // @ts-expect-error a crop at random needs a context
    expect(() => randomCrop({ size: 2 })({ image: photo() })).toThrow();
    // @ts-expect-error so does a list with one
    expect(() => compose(flipHorizontal(), randomCrop({ size: 2 }))({ image: photo() })).toThrow();
    // @ts-expect-error the field is called image
    expect(() => flipHorizontal()({ images: photo() })).toThrow("got nothing as");
    // @ts-expect-error what changes the type cannot happen by chance
    maybe(0.5, normalize());
  });
});
