// Runs in a process of its own: holds a folder of checkpoints until it is killed.
import { tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { StateManager } from "../../src/index.js";

const trainer = new (TinyTrainer.addOn(StateManager))({
  ...tinyOptions(),
  outputDir: process.argv[2]!,
  runName: "held",
});
await trainer.ready();
console.log("holding");
setInterval(() => undefined, 60_000);
