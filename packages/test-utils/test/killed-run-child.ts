// killed-run-child.mjs FOLDER: a program with all loggers that goes on where it was; prints a letter for each record.
import { DiskStorage } from "@snapfit/base/node";
import { resumable, runProcess } from "../src/loggers/logger-run.js";
import { allLoggers } from "./support/all-loggers.js";

await runProcess({
  addOns: resumable(allLoggers),
  loggers: allLoggers,
  world: { folder: process.argv[2]!, checkpoints: new DiskStorage() },
  onRecord: async () => void process.stdout.write("r"),
});
