import { Latin1Decoder } from "./latin1-decoder.js";

/** Encodings of text files that are read. `latin1` is windows-1252, as in browsers. */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be" | "latin1";

/** A file in pieces that may end anywhere: the body of a response, a stream of Node. */
export type TextChunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>;

/**
 * The characters of bytes that come in pieces, without a byte order mark, which has the last word on the encoding.
 * @param fault makes the error of bytes that are no characters, after those before them were given.
 */
export async function* decodeText(
  chunks: TextChunks,
  encoding: TextEncoding,
  fault: (encoding: string, cause: unknown) => Error,
): AsyncGenerator<string, void, undefined> {
  let decoder: Decoder | undefined;
  let start = new Uint8Array(0);
  for await (const chunk of iterate(chunks)) {
    let bytes = chunk;
    if (!decoder) {
      // A mark has two or three bytes, which may come one by one.
      start = joined(start, chunk);
      if (start.length < 3) continue;
      decoder = decoderOf(start, encoding);
      bytes = start;
    }
    yield* decodePart(decoder, bytes, true, fault);
  }
  decoder ??= decoderOf(start, encoding);
  yield* decodePart(decoder, start.length < 3 ? start : new Uint8Array(0), false, fault);
}

function* decodePart(
  decoder: Decoder,
  bytes: Uint8Array,
  isMore: boolean,
  fault: (encoding: string, cause: unknown) => Error,
): Generator<string, void, undefined> {
  let text: string;
  try {
    text = decoder.decode(bytes, { stream: isMore });
  } catch (cause) {
    // Characters before the fault come first, so that the error knows its line; those that the piece before began are left out.
    const begun =
      decoder.encoding === "utf-8"
        ? Math.max(
            0,
            bytes.findIndex((byte) => byte < 0x80 || byte > 0xbf),
          )
        : 0;
    const rest = new TextDecoder(decoder.encoding).decode(bytes.subarray(begun));
    yield rest.slice(0, Math.max(0, rest.indexOf("\ufffd")));
    throw fault(decoder.encoding.toUpperCase(), cause);
  }
  yield text;
}

type Decoder = Pick<TextDecoder, "decode" | "encoding">;

function decoderOf(start: Uint8Array, encoding: TextEncoding): Decoder {
  const marked = markedEncoding(start) ?? encoding;
  return marked === "latin1" ? new Latin1Decoder() : new TextDecoder(marked, { fatal: true });
}

function markedEncoding(bytes: Uint8Array): TextEncoding | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? "utf-8" : undefined;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** Not all browsers can iterate over a stream. */
async function* iterate(chunks: TextChunks): AsyncGenerator<Uint8Array, void, undefined> {
  if (!("getReader" in chunks)) {
    yield* chunks;
    return;
  }
  const reader = chunks.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel();
  }
}
