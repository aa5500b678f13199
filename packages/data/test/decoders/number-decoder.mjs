// A decoder for threads: samples of numbers, with faults where they are asked for.
import { threadId } from "node:worker_threads";
import { SnapfitError } from "@snapfit/base";

/**
 * @param {{ bad?: number[], faulty?: number[], deadly?: number[], isAsync?: boolean }} options
 * @returns {(input: number) => unknown}
 */
export default ({ bad = [], faulty = [], deadly = [], isAsync = false }) =>
  (input) => {
    if (bad.includes(input)) throw new SnapfitError("SAMPLE_BAD", `${input}: this number is bad.`);
    if (faulty.includes(input)) throw new TypeError("no such member");
    if (deadly.includes(input)) process.exit(3);
    const sample = { x: { dtype: "int32", shape: [], data: Int32Array.of(input) }, thread: threadId };
    return isAsync ? Promise.resolve(sample) : sample;
  };
