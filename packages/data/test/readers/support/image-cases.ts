import { readFileSync } from "node:fs";

/** A file, and the pixels that Pillow reads from it. */
export interface ImageCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly height: number;
  readonly width: number;
  /** 1, 3 or 4: two, grey and alpha, are told as four. */
  readonly channels: 1 | 3 | 4;
  readonly pixels: Uint8Array;
}

type Stored = { readonly file: string; readonly shape: readonly [number, number, 1 | 2 | 3 | 4]; readonly pixels: string };
const stored = JSON.parse(readFileSync(new URL("../../fixtures/readers/images.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Stored>
>;
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

/** Files by `test/fixtures/readers/make_images.py`. */
export const imageCases: readonly ImageCase[] = Object.entries(stored).map(
  ([
    name,
    {
      file,
      shape: [height, width, channels],
      pixels,
    },
  ]) => {
    const read = bytesOf(pixels);
    if (channels !== 2) return { name, bytes: bytesOf(file), height, width, channels, pixels: read };
    const four = Uint8Array.from({ length: read.length * 2 }, (_, i) => read[2 * (i >> 2) + (i % 4 === 3 ? 1 : 0)]!);
    return { name, bytes: bytesOf(file), height, width, channels: 4, pixels: four };
  },
);

/** The bytes of one case. */
export function imageFile(name: string): Uint8Array {
  return imageCases.find((each) => each.name === name)!.bytes;
}
