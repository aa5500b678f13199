import { parseJsonlStream } from "../readers/jsonl/parse-jsonl.js";
import { readChunks } from "./read-chunks.js";

/**
 * The values of a JSON Lines file, one by one, for files that are larger than memory. Each iteration reads the file anew.
 * @throws SnapfitError as `parseJsonl`, and those of reading a file (`NOT_FOUND`, …).
 *
 * @example
 * ```ts no-run
 * for await (const { text, label } of streamJsonl<{ text: string; label: number }>("reviews.jsonl")) console.log(text, label);
 * ```
 */
export function streamJsonl<Row = unknown>(path: string): AsyncIterable<Row> {
  return { [Symbol.asyncIterator]: () => parseJsonlStream<Row>(readChunks(path), path) };
}
