import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { childProgram } from "../../core/test/support/child-program.js";

const program = childProgram(fileURLToPath(new URL("./full-disk-child.ts", import.meta.url)));

/** Records of the run that come while the disk is full: behind the first checkpoint, before the second one. */
const [FIRST, LAST] = [6, 7];

test.skipIf(process.platform !== "linux")(
  "a disk that is full for a while costs the rows of that time at most; who restarts then has them; and no logger takes the run for another one",
  () => {
    const output = execFileSync(process.execPath, [program, String(FIRST), String(LAST)], { encoding: "utf8" });
    const lines = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
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
    expect(lines.at(-1)).toEqual(["FileLogger", "Neptune", "TensorBoardLogger", "W&B"]);
  },
);
