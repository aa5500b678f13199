// full-disk-child.mjs FIRST [LAST]: runs all loggers in one trainer on a disk that is full while these records come, or from the first of them on, and
// prints what each has then, and what was said of it.
import type { LogRecord } from "@snapfit/core";
import { execFileSync } from "node:child_process";
import { pointsOf, textOf } from "../src/loggers/compare-points.js";
import { resumable, runProcess, RUN, withWorlds, type World } from "../src/loggers/logger-run.js";
import { allLoggers } from "./support/all-loggers.js";

const [firstLost = 0, lastLost = Infinity] = process.argv.slice(2).map(Number);
const RESTARTS = { "while it was full": lastLost, "when it had room again": lastLost + 2 };

process.on("SIGXFSZ", () => undefined); // a limit of the process is the full disk: files cannot grow
const setFull = (isFull: boolean): void =>
  void execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${isFull ? "1" : "unlimited"}:unlimited`]);

await withWorlds(async ({ empty, copy }) => {
  const world = empty();
  const killed: Record<string, World> = {};
  const addOns = resumable(allLoggers);
  const onRecord = async (_: LogRecord, numRecords: number): Promise<void> => {
    setFull(false); // the copy needs the disk too
    for (const [when, at] of Object.entries(RESTARTS)) if (numRecords === at) killed[when] = await copy(world);
    setFull(numRecords + 1 >= firstLost && numRecords < lastLost);
  };
  const { records, complaints } = await runProcess({ addOns, loggers: allLoggers, world, onRecord });
  setFull(false);
  for (const other of Object.values(killed)) {
    const { numRestored } = await runProcess({ addOns, loggers: allLoggers, world: other });
    if (numRestored >= firstLost) throw new Error("The run has to go on from before.");
  }
  for (const [when, { folder }] of Object.entries({ "without a restart": world, ...killed })) {
    for (const logger of allLoggers) {
      const { points, numRewinds } = await logger.read(`${folder}/${RUN}`);
      const texts = points.filter(({ name }) => name !== "train/samples_per_second").map(textOf);
      const isMissing = (record: LogRecord): boolean => pointsOf([record], logger).some((point) => !texts.includes(textOf(point)));
      const missing = records.flatMap((record, i) => (isMissing(record) ? [i + 1] : []));
      console.log(JSON.stringify({ logger: logger.addOn.name, when, missing, numDoubled: texts.length - new Set(texts).size, numRewinds }));
    }
  }
  const said = complaints.flatMap(
    (line) => /^(Logger "(?:.*)" failed|(?:.*): the end of (?:the )?run.* could not be written): Could not/.exec(line)?.[1] ?? [],
  );
  console.log(JSON.stringify(said.map((line) => line.replace(/run [a-z0-9]{8}/, "run …")).sort()));
});
