import { SnapfitError } from "@snapfit/base";
import { readOptions, usage } from "./demo-options.js";
import { Interruption } from "./interruption.js";
import { UsageError } from "./usage-error.js";

/** Sets the exit code: 2 for what the user has to put right, 1 for what went wrong in training. */
async function main(args: readonly string[]): Promise<void> {
  try {
    const options = readOptions(args);
    if (options === undefined) return console.log(usage);
    const interruption = new Interruption();
    const { runDemo } = await import("./run-demo.js"); // loads TensorFlow.js, which takes a while
    await runDemo(options, interruption);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof SnapfitError)) throw error;
    console.error(error.message);
    process.exitCode = error instanceof UsageError || /^(DEVICE|IDX|NOT_FOUND|NO_PERMISSION)/.test(error.code) ? 2 : 1;
  }
}

await main(process.argv.slice(2));
