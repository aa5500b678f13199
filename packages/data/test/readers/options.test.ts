import { describe, expect, it } from "vitest";
import { decodeImage, parseCsv, parseCsvStream, parseIdx, parseNpy, parseNpz } from "@snapfit/data";
import { imageDecoder, imageFolder, readCsv, readIdx, readImage, readNpy, readNpz, readParquet, streamCsv } from "@snapfit/data/node";

const bytes = new Uint8Array(4);
const table = { columns: { a: "number" } };

/** What each reader throws at once, or when it is waited for, for options that types refuse. */
const readers: Readonly<Record<string, (options: never) => unknown>> = {
  "decodeImage()": (options) => decodeImage(bytes, options),
  "imageDecoder()": (options) => imageDecoder(options),
  "readImage()": (options) => readImage("none.png", options),
  "imageFolder()": (options) => imageFolder("none", options),
  "parseCsv()": (options) => parseCsv("a\n1", options),
  "parseCsvStream()": (options) => parseCsvStream([], options).next(),
  "readCsv()": (options) => readCsv("none.csv", options),
  "streamCsv()": (options) => streamCsv("none.csv", options),
  "readParquet()": (options) => readParquet("none.parquet", options),
  "parseNpy()": (options) => parseNpy(bytes, options),
  "readNpy()": (options) => readNpy("none.npy", options),
  "parseNpz()": (options) => parseNpz(bytes, options),
  "readNpz()": (options) => readNpz("none.npz", options),
  "parseIdx()": (options) => parseIdx(bytes, options),
  "readIdx()": (options) => readIdx("none.idx", options),
};

async function messageOf(reader: string, options: unknown): Promise<string> {
  try {
    await readers[reader]!(options as never);
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
  return "nothing was thrown";
}

describe("options of readers", () => {
  it.each<[readers: string[], options: object, message: string]>([
    [
      ["decodeImage()", "imageDecoder()", "readImage()", "imageFolder()"],
      { maxpixels: 4 },
      'has no option "maxpixels". Did you mean "maxPixels"?',
    ],
    [["imageFolder()"], { classes: ["cat", "dog", "cat"] }, 'got classes: ["cat", "dog", "cat"]. It takes a list of classes, each once.'],
    [["imageFolder()"], { classes: "cat" }, 'got classes: "cat".'],
    [
      ["parseCsv()", "parseCsvStream()", "readCsv()", "streamCsv()"],
      { ...table, sep: ";" },
      'has no option "sep". Known: columns, missing, delimiter',
    ],
    [
      ["parseCsv()", "parseCsvStream()", "readCsv()", "streamCsv()"],
      { ...table, missing: "NA" },
      'got missing: "NA". It takes a list of texts.',
    ],
    [["parseCsv()", "parseCsvStream()", "readCsv()", "streamCsv()", "readParquet()"], {}, "got no columns. It takes an object."],
    [["parseCsv()", "readCsv()", "streamCsv()", "readParquet()"], { columns: ["a"] }, 'got columns: ["a"]. It takes an object.'],
    [
      ["parseCsv()", "readCsv()", "streamCsv()", "readParquet()"],
      { columns: { a: "float" } },
      'got columns.a: "float". It takes "number", "integer", "boolean", "date", "string", "category" or a list of classes, each once.',
    ],
    [["parseCsv()", "readCsv()", "streamCsv()", "readParquet()"], { columns: { a: ["x", "x"] } }, 'got columns.a: ["x", "x"].'],
    [["streamCsv()"], { ...table, chunkRows: 0 }, "got chunkRows: 0. It takes a whole number of at least 1."],
    [["parseNpy()", "readNpy()"], { dtype: "float64" }, 'got dtype: "float64". It takes "float32", "int32", "uint8" or "bool".'],
    [["parseNpy()", "readNpy()"], { rank: 3 }, "got no dtype."],
    [["parseNpz()", "readNpz()"], { array: {} }, 'has no option "array". Did you mean "arrays"?'],
    [["parseNpz()", "readNpz()"], { arrays: { x: { type: "float32" } } }, 'has no option "arrays.x.type". Did you mean "dtype"?'],
    [["parseIdx()", "readIdx()"], { dtype: "int8" }, 'got dtype: "int8". It takes "uint8", "int32" or "float32".'],
  ])("of %s: %o", async (names, options, message) => {
    const code = message.startsWith("has no option") ? "OPTION_UNKNOWN" : "OPTION_INVALID";
    for (const name of names) expect(await messageOf(name, options)).toContain(`${code}: ${name} ${message}`);
  });

  it("are not the data", () => {
    expect(() => decodeImage("photo.png" as never)).toThrow('decodeImage() got bytes: "photo.png". It takes a Uint8Array');
    expect(() => decodeImage(new ArrayBuffer(4) as never)).toThrow("decodeImage() got bytes: an ArrayBuffer.");
    expect(() => parseCsv(bytes as never, { columns: {} })).toThrow("parseCsv() got text: a Uint8Array. It takes a string");
  });
});
