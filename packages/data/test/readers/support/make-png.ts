import { deflateSync } from "node:zlib";
import { crc32 } from "../../../src/readers/crc32.js";

/** A chunk of a PNG with its length and check sum. */
export function pngChunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(Buffer.from(type, "latin1"), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

/** A grey PNG of 8 bits. @param data what its pixels are unpacked from; by default they are 0. */
export function greyPng(width: number, height: number, data: Uint8Array = deflateSync(new Uint8Array((width + 1) * height))): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([signature, pngChunk("IHDR", header), pngChunk("IDAT", data), pngChunk("IEND", new Uint8Array(0))]);
}
