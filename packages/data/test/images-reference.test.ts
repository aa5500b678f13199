import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hostTensor, RandomStream, type HostTensor } from "@snapfit/base";
import {
  centerCrop,
  colorJitter,
  compose,
  gaussianBlur,
  grayscale,
  normalize,
  pad,
  randomAffine,
  randomRotate,
  resize,
  type ImageTransform,
} from "@snapfit/data/images";

// What Pillow and torchvision make of the same images: fixtures/images/make_fixtures.py.
interface Packed {
  readonly shape: [number, number, number];
  readonly bytes?: string;
  readonly floats?: string;
}
type Source = "photo" | "grey" | "four" | "tall" | "floats";
interface Case {
  readonly source: Source;
  readonly result: Packed;
}
interface Fixtures {
  readonly sources: Record<Source, Packed>;
  readonly resize: (Case & { size: number | [number, number]; interpolation: "bilinear" | "nearest"; tolerance: number })[];
  readonly centerCrop: (Case & { size: [number, number] })[];
  readonly pad: {
    padding: number | [number, number, number, number];
    mode: "constant" | "reflect" | "edge";
    fill: number;
    result: Packed;
  }[];
  readonly affine: {
    source: Source;
    degrees: number;
    scale: number;
    shear: number;
    interpolation: "bilinear" | "nearest";
    result: Packed;
  }[];
  readonly rotate: { degrees: number; interpolation: "bilinear" | "nearest"; result: Packed }[];
  readonly color: (Case & { option: "brightness" | "contrast" | "saturation" | "hue"; amount: number })[];
  readonly grayscale: Packed;
  readonly blur: (Case & { sigma: number; kernelSize: number })[];
  readonly normalize: { mean: number[]; std: number[]; result: Packed };
}
const fixtures = JSON.parse(readFileSync(new URL("fixtures/images/images.json", import.meta.url), "utf8")) as Fixtures;

type Image = HostTensor<3, "uint8" | "float32">;

function unpack({ shape, bytes, floats }: Packed): Image {
  const buffer = Uint8Array.from(Buffer.from((bytes ?? floats)!, "base64"));
  return hostTensor(bytes === undefined ? new Float32Array(buffer.buffer) : buffer, shape) as Image;
}

const imageOf = (source: Source): Image => unpack(fixtures.sources[source]);

function changed(image: Image, transform: ImageTransform): Image {
  return transform({ image }, { random: RandomStream.fromSeed(1) }).image;
}

/** The largest difference of two images of one shape. */
function difference(received: HostTensor, expected: HostTensor): number {
  expect(received.shape).toEqual(expected.shape);
  expect(received.dtype).toEqual(expected.dtype);
  return Math.max(...Array.from(received.data, (value, i) => Math.abs(value - expected.data[i]!)));
}

/** The share of values that differ by more than `levels`. */
function shareBeyond(levels: number, received: HostTensor, expected: HostTensor): number {
  expect(received.shape).toEqual(expected.shape);
  return received.data.filter((value, i) => Math.abs(value - expected.data[i]!) > levels).length / received.data.length;
}

describe("resize", () => {
  it.each(fixtures.resize)("lies within $tolerance of Pillow (floats: torchvision): $source to $size, $interpolation", (each) => {
    const { source, size, interpolation, tolerance, result } = each;
    const resized = changed(imageOf(source), resize({ size, interpolation }));
    expect(difference(resized, unpack(result))).toBeLessThanOrEqual(tolerance);
  });
});

describe("centerCrop", () => {
  it.each(fixtures.centerCrop)("cuts out what torchvision does: $source to $size", ({ source, size, result }) => {
    expect(changed(imageOf(source), centerCrop({ size }))).toEqual(unpack(result));
  });
});

describe("pad", () => {
  it.each(fixtures.pad)("adds what torchvision does: $padding, $mode, $fill", ({ padding, mode, fill, result }) => {
    expect(changed(imageOf("photo"), pad({ padding, mode, fill }))).toEqual(unpack(result));
  });
});

describe("randomAffine and randomRotate", () => {
  const fill = [9, 99, 200];

  it.each(fixtures.affine)("lie within a level of Pillow: $degrees degrees, scale $scale, shear $shear, $interpolation", (each) => {
    const { source, degrees, scale, shear, interpolation, result } = each;
    const transform = randomAffine({ degrees: [degrees, degrees], scale: [scale, scale], shear: [shear, shear], interpolation, fill });
    expect(difference(changed(imageOf(source), transform), unpack(result))).toBeLessThanOrEqual(interpolation === "nearest" ? 0 : 1);
  });

  it.each(fixtures.rotate)("turn as Pillow does: $degrees degrees, $interpolation", ({ degrees, interpolation, result }) => {
    const rotated = changed(imageOf("photo"), randomRotate({ degrees: [degrees, degrees], interpolation, fill }));
    expect(shareBeyond(interpolation === "nearest" ? 0 : 1, rotated, unpack(result))).toBe(0);
  });
});

describe("colorJitter", () => {
  const tolerance = {
    photo: { brightness: 0, contrast: 0, saturation: 0, hue: 1 },
    floats: { brightness: 1e-6, contrast: 2e-4, saturation: 2e-4, hue: 1e-5 },
  };

  it.each(fixtures.color)("gives what Pillow (hue: torchvision) does: $option $amount of $source", ({ option, amount, source, result }) => {
    const jittered = changed(imageOf(source), colorJitter({ [option]: [amount, amount] }));
    expect(difference(jittered, unpack(result))).toBeLessThanOrEqual(tolerance[source as "photo" | "floats"][option]);
  });
});

describe("grayscale", () => {
  it("makes the bytes of Pillow", () => {
    expect(changed(imageOf("photo"), grayscale())).toEqual(unpack(fixtures.grayscale));
  });
});

describe("gaussianBlur", () => {
  it.each(fixtures.blur)(
    "gives what torchvision does: $source, sigma $sigma, kernel of $kernelSize",
    ({ source, sigma, kernelSize, result }) => {
      const blurred = changed(imageOf(source), gaussianBlur({ sigma, kernelSize }));
      expect(difference(blurred, unpack(result))).toBeLessThanOrEqual(result.bytes === undefined ? 1e-6 : 1);
    },
  );
});

describe("normalize", () => {
  it("gives what torchvision does, within 1e-6", () => {
    const { mean, std, result } = fixtures.normalize;
    const { image } = compose(normalize({ mean, std }))({ image: imageOf("photo") });
    expect(difference(image, unpack(result))).toBeLessThanOrEqual(1e-6);
  });
});
