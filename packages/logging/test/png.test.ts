import { hostTensor } from "@snapfit/base";
import { encodePng } from "@snapfit/logging/node";
import { crc32, inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";

describe("encodePng", () => {
  test("writes what a decoder reads back: grey, RGB and RGBA", async () => {
    for (const numChannels of [1, 3, 4]) {
      const pixels = Uint8Array.from({ length: 5 * 7 * numChannels }, (_, i) => (i * 37) % 256);
      const { bytes, ...size } = await encodePng(hostTensor(pixels, [5, 7, numChannels]));
      const decoded = decode(bytes);
      expect(size).toEqual({ width: 7, height: 5, numChannels });
      expect(decoded).toEqual({ width: 7, height: 5, numChannels, pixels: [...pixels] });
    }
  });

  test("ends with the chunk that every PNG ends with", async () => {
    const { bytes } = await encodePng(hostTensor(new Uint8Array(1), [1, 1]));
    expect(Buffer.from(bytes.subarray(-12)).toString("hex")).toBe("0000000049454e44ae426082");
    expect(Buffer.from(bytes.subarray(0, 8)).toString("latin1")).toBe("\u0089PNG\r\n\u001a\n");
  });

  test("takes floats from 0 to 1, rounds them, clips what is beyond, and makes black of NaN", async () => {
    const values = Float32Array.of(0, 0.5, 1, 0.2, -3, 7, Infinity, NaN);
    const { bytes } = await encodePng(hostTensor(values, [2, 4]));
    expect(decode(bytes).pixels).toEqual([0, 128, 255, 51, 0, 255, 255, 0]);
  });

  test("takes int32 from 0 to 255, as TensorFlow.js holds bytes, and bool as black and white", async () => {
    expect(decode((await encodePng(hostTensor(Int32Array.of(-1, 7, 255, 300), [2, 2]))).bytes).pixels).toEqual([0, 7, 255, 255]);
    expect(decode((await encodePng(hostTensor(Uint8Array.of(0, 1), [1, 2], "bool"))).bytes).pixels).toEqual([0, 255]);
  });

  test.each([[[4]], [[2, 2, 2]], [[0, 3]], [[1, 2, 2, 1]]])("refuses shape %j", async (shape) => {
    const data = new Uint8Array(shape.reduce((product, length) => product * length, 1));
    await expect(encodePng(hostTensor(data, shape))).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
  });
});

/** Reads chunk by chunk as the specification says, for pictures without filters. */
function decode(bytes: Uint8Array): { width: number; height: number; numChannels: number; pixels: number[] } {
  const file = Buffer.from(bytes);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    const body = file.subarray(at + 4, at + 8 + length);
    expect(file.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.set(body.toString("latin1", 0, 4), body.subarray(4));
    at += 12 + length;
  }
  const header = chunks.get("IHDR")!;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect(header[8]).toBe(8);
  const numChannels = { 0: 1, 2: 3, 6: 4 }[header[9]!]!;
  const raw = inflateSync(chunks.get("IDAT")!);
  const rows = Array.from({ length: height }, (_, row) =>
    raw.subarray(row * (width * numChannels + 1)).subarray(0, width * numChannels + 1),
  );
  expect(rows.every((row) => row[0] === 0)).toBe(true);
  return { width, height, numChannels, pixels: rows.flatMap((row) => [...row.subarray(1)]) };
}
