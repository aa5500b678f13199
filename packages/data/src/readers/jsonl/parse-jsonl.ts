import { SnapfitError } from "@snapfit/base";
import { decodeText, type TextChunks } from "../text/decode-text.js";
import { JsonLines } from "./json-lines.js";

/**
 * The values of JSON Lines, one on each line; blank lines are left out. What they are is not checked: `Row` is what you know of them.
 * @param file name of the file, for messages.
 * @throws SnapfitError `JSONL_MALFORMED` with file and line.
 */
export function parseJsonl<Row = unknown>(text: string, file = "JSON Lines"): Row[] {
  const lines = new JsonLines(file);
  const values = lines.push(text.replace(/^\ufeff/, ""));
  return [...values, ...lines.end()] as Row[];
}

/**
 * The values of JSON Lines that come in pieces, such as the body of a response, one by one. It needs the memory of one piece and one line.
 * @param chunks UTF-8, or with a byte order mark UTF-16. @param file name of the file, for messages.
 * @throws SnapfitError as `parseJsonl`, where the reading has come to.
 */
export async function* parseJsonlStream<Row = unknown>(chunks: TextChunks, file = "JSON Lines"): AsyncGenerator<Row, void, undefined> {
  const lines = new JsonLines(file);
  const notText = (encoding: string, cause: unknown): Error =>
    new SnapfitError("JSONL_MALFORMED", `${file}, line ${lines.line}: there are bytes that are not ${encoding} text. Convert the file.`, {
      cause,
    });
  for await (const text of decodeText(chunks, "utf-8", notText)) yield* lines.push(text) as Row[];
  yield* lines.end() as Row[];
}
