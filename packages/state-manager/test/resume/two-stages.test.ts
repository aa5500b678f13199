import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tinyClassifier, tinyOptions, TinyTrainer } from "@snapfit/test-utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { childProgram } from "../../../core/test/support/child-program.js";
import { StateManager } from "../../src/index.js";
import { World } from "../support/run.js";
import { runTwoStages, type TwoStagesResult } from "./two-stages.js";

const folder = mkdtempSync(join(tmpdir(), "snapfit-stages-"));
const pretrained = join(folder, "pretrained.safetensors");
const program = childProgram(fileURLToPath(new URL("two-stages-child.ts", import.meta.url)));

beforeAll(async () => {
  await using trainer = new (TinyTrainer.addOn(StateManager))({
    ...tinyOptions({ model: () => tinyClassifier({ dropout: 0.2 }), seed: 99 }),
    outputDir: folder,
  });
  await trainer.stateManager.saveModel(pretrained);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the script to its end in this process. */
async function goOn(name: string, weights?: string): Promise<TwoStagesResult & { readonly lines: readonly string[] }> {
  const { lines, logger } = new World();
  const outputDir = join(folder, name);
  const result = await runTwoStages({ outputDir, ...(weights !== undefined && { pretrained: weights }), isAsync: false, logger });
  return { ...result, lines };
}

/** Events: each of the 3 epochs of the first stage has 6 steps and 3 batches of validation, then comes its end; the 2 of the second stage the same. */
const kills: readonly [moment: string, event: number][] = [
  ["before the first checkpoint", 2],
  ["in the first stage", 15],
  ["in the last validation of the first stage", 26],
  ["at the end of the first stage, which is not saved yet", 28],
  ["in the first epoch of the second stage", 31],
  ["in the last validation of the second stage", 45],
];

describe.each([
  ["fit(A); useBest(); fit(B)", undefined, kills],
  ["the same with pretrained weights before", pretrained, kills.filter((_, i) => i % 2 === 0)],
] as const)("a script of two stages, %s", (name, weights, ownKills) => {
  let whole: Awaited<ReturnType<typeof goOn>>;
  beforeAll(async () => {
    whole = await goOn(`${name} whole`, weights);
  });

  test("passes over all of it when it is finished, and says so", async () => {
    expect(whole).toMatchObject({ events: 3 * 9 + 1 + 2 * 9 + 1, step: 30 });
    const again = await goOn(`${name} whole`, weights);
    expect(again).toMatchObject({ hash: whole.hash, events: 0, step: 30 });
    const passedOver = (call: string): string => `${call} is passed over: the restored state already holds what came after it.`;
    expect(again.lines.slice(-5)).toEqual([
      ...(weights === undefined ? [expect.stringMatching(/^Resumed from/)] : []),
      'This run is finished so far (2 epochs). For a new one give another runName, or stateManager: { resume: "never" }.',
      ...(weights === undefined ? [] : [passedOver("loadModel()")]),
      "Fit 1 is finished (3 epochs): nothing to do.",
      passedOver("useBest()"),
      "Fit 2 is finished (2 epochs): nothing to do.",
    ]);
  });

  test.each(ownKills)("killed %s, ends with the same bits when it is started again", async (moment, event) => {
    const args = [join(folder, `${name} ${moment}`), String(event), ...(weights === undefined ? [] : [weights])];
    const { signal, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
    expect([signal, stderr]).toEqual(["SIGKILL", ""]);
    const { hash, events, lines } = await goOn(`${name} ${moment}`, weights);
    expect(hash).toBe(whole.hash);
    if (event > 9) {
      expect(events).toBeLessThan(whole.events);
      expect(lines).toContainEqual(expect.stringMatching(/^Found checkpoint: /));
    }
  });
});

test("pretrained weights make another run of it", async () => {
  expect((await goOn("plain")).hash).not.toBe((await goOn("pretrained", pretrained)).hash);
});
