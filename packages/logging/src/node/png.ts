import { SnapfitError, type HostTensor } from "@snapfit/base";
import { promisify } from "node:util";
import { crc32, deflate } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Colour types by the number of channels: grey, RGB, RGB with alpha. */
const colourTypes = new Map([
  [1, 0],
  [3, 2],
  [4, 6],
]);
const compress = promisify(deflate);

/** A picture as a PNG file. */
export interface EncodedPng {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly numChannels: number;
}

/**
 * Encodes a picture as PNG, 8 bits a channel. The same picture gives the same bytes; compression runs beside the main thread.
 * @param image [height, width] or [height, width, channels] with 1 (grey), 3 (RGB) or 4 (RGBA) channels. float32 goes from 0 to 1,
 * uint8 and int32 from 0 to 255, bool is black or white. What is beyond is clipped; NaN is 0.
 * @throws SnapfitError `SHAPE_MISMATCH`
 * @see PNG specification, third edition (W3C)
 */
export async function encodePng(image: HostTensor): Promise<EncodedPng> {
  const [height = 0, width = 0, numChannels = 1] = image.shape;
  const colourType = colourTypes.get(numChannels);
  const isPicture = image.shape.length === 2 || image.shape.length === 3;
  if (!isPicture || colourType === undefined || width === 0 || height === 0) {
    throw new SnapfitError(
      "SHAPE_MISMATCH",
      `An image has shape [${image.shape.join(", ")}]. It takes [height, width] or [height, width, channels] with 1, 3 or 4 channels, and at least one pixel.`,
    );
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colourType], 8); // bits a channel; what follows: deflate, adaptive filters, not interlaced
  const data = await compress(scanlines(image, height, width * numChannels));
  const bytes = Buffer.concat([SIGNATURE, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
  return { bytes, width, height, numChannels };
}

/** Each row behind a byte that names its filter: 0, none. */
function scanlines({ data, dtype }: HostTensor, height: number, rowLength: number): Uint8Array {
  const scale = dtype === "float32" || dtype === "bool" ? 255 : 1;
  const lines = new Uint8ClampedArray(height * (rowLength + 1)); // rounds, clips, and makes 0 of NaN
  for (let row = 0; row < height; row++) {
    const from = row * rowLength;
    const to = row * (rowLength + 1) + 1;
    for (let i = 0; i < rowLength; i++) lines[to + i] = data[from + i]! * scale;
  }
  return new Uint8Array(lines.buffer);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, "latin1");
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8);
  return bytes;
}
