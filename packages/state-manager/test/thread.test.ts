import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskStorage } from "@snapfit/base/node";
import { afterAll, expect, test } from "vitest";
import { data, World } from "./support/run.js";
import { wholeCheckpoints } from "./support/whole-checkpoints.js";

const scratch = mkdtempSync(join(tmpdir(), "snapfit-thread-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

// Each step brings a new best while the one before is being written.
test("a thread writes what the calling one writes, under the same names", async () => {
  const written = [];
  for (const [name, async] of Object.entries({ inline: false, thread: true })) {
    const directory = `${scratch}/${name}`;
    const storage = new DiskStorage();
    await using trainer = new World(storage).trainer(
      { directory, async, everyEpochs: 0, everySteps: 3, best: { keep: 4 } },
      { outputDir: scratch },
    );
    await trainer.fit({ ...data(), epochs: 2, validateEvery: { steps: 1 } });
    await trainer.close();
    const found = await wholeCheckpoints(storage, directory);
    written.push([...found].map(([file, info]) => [file, { ...info, savedAt: undefined }]));
  }
  expect(written[1]).toEqual(written[0]);
  expect(written[0]!.length).toBeGreaterThan(6);
});
