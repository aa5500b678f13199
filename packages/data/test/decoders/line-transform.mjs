import { threadId } from "node:worker_threads";
import { SnapfitError } from "@snapfit/base";

/**
 * A line "n" becomes n and some noise. "bad" is a bad sample, "deadly" ends the thread.
 * @param {string} line
 * @param {import("@snapfit/data").TransformContext} context
 */
export default function parse(line, { random, index, pass }) {
  if (line === "bad") throw new SnapfitError("SAMPLE_BAD", `line ${index} is bad.`);
  if (line === "deadly") process.exit(3);
  return { value: Number(line) + random.uniform(), place: index, pass, thread: threadId };
}
