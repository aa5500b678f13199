import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { childProgram } from "../../core/test/support/child-program.js";

const program = childProgram(fileURLToPath(new URL("./full-disk-child.ts", import.meta.url)));

/** What makes a disk full for one process. */
const hasPrlimit = spawnSync("prlimit", ["--version"]).status === 0;
if (!hasPrlimit) console.log("prlimit is not here (it is part of util-linux): the tests of a full disk are skipped.");

/** Records of the run that come while the disk is full: behind the first checkpoint, before the second one. */
const [FIRST, LAST] = [6, 7];

test.skipIf(!hasPrlimit)(
  "a disk that is full for a while costs the rows of that time at most; who restarts then has them; and no logger takes the run for another one",
  () => {
    const lines = linesOf(FIRST, LAST);
    const row = (when: string, logger: string, missing: number[]): object => ({ logger, when, missing, numDoubled: 0, numRewinds: 0 });
    const lossy = ["FileLogger", "TensorBoardLogger", "NeptuneLogger"];
    const all = [...lossy, "WandBLogger"];
    // W&B's rows wait until they are complete, and are tried again.
    const missing = (when: string): object[] => [...lossy.map((name) => row(when, name, [FIRST, LAST])), row(when, "WandBLogger", [])];
    const rows = [
      ...missing("without a restart"),
      ...missing("when it had room again"),
      ...all.map((name) => row("while it was full", name, [])),
    ];
    expect(lines.slice(0, -1)).toHaveLength(rows.length);
    expect(lines.slice(0, -1)).toEqual(expect.arrayContaining(rows));
    expect(lines.at(-1)).toEqual(failures);
  },
);

test.skipIf(!hasPrlimit)("a disk that is full at the end of a run is told of, and close() does not throw", () => {
  const end = ["Neptune: the end of the run could not be written", "W&B: the end of run … could not be written"];
  expect(linesOf(20).at(-1)).toEqual([...failures, ...end]);
});

const failures = ["FileLogger", "Neptune", "TensorBoardLogger", "W&B"].map((name) => `Logger "${name}" failed`);

function linesOf(...records: readonly number[]): unknown[] {
  const output = execFileSync(process.execPath, [program, ...records.map(String)], { encoding: "utf8" });
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}
