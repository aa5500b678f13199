import { hostTensor } from "@snapfit/base";
import { systemFigures } from "@snapfit/logging/node";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunLog } from "../../src/run/run-log.js";
import { openLog } from "./open-log.js";
import { quickUpload } from "./quick-upload.js";
import type { WandBServer } from "./wandb-server.js";

/** Does what script.py does with the official client. */
export async function logSameScript(folder: string): Promise<RunLog> {
  const about = { project: "p", runId: "run1", name: "한글", tags: ["a"], notes: "n", group: "g", jobType: "j", resume: "allow" } as const;
  const metrics = { epoch: {}, "valid/loss": { step: "epoch", summary: ["min", "mean"] } } as const;
  const log = openLog(folder, { ...about, metrics });
  const at = (step: number) => ({ fit: 1, step, epoch: step, key: "train" });
  log.updateConfig({ lr: 0.5, nested: { a: [1, 2] } });
  log.line("hello 안녕", false);
  log.line("oops", true);
  for (let step = 0; step < 5; step++) {
    const values = { loss: 1 / (step + 1), epoch: step, "valid/loss": 4 - step / 2, bad: NaN };
    void log.write({ ...at(step), kind: "scalars", values });
    void log.write({ ...at(step), kind: "text", key: "text", text: "안녕 🙂" });
  }
  log.updateConfig({ later: 3 });
  void log.write({ ...at(4), kind: "summary", values: { "best/loss": 0.2 } });
  void log.write({ ...at(5), kind: "histogram", key: "h", edges: [1, 2, 3, 4], counts: [1, 2, 1] });
  void log.write({ ...at(5), kind: "table", key: "tab", columns: ["a", "b"], rows: [[1, "x"]] });
  await log.write({ ...at(5), kind: "image", key: "img", image: hostTensor(Float32Array.of(0, 0.25, 0.5, 1, 0, 1), [1, 2, 3]) });
  void log.write({ ...at(5), kind: "alert", title: "제목", text: "text", level: "warning" });
  const notes = join(folder, "notes.txt");
  writeFileSync(notes, "hello");
  void log.write({ ...at(5), kind: "file", key: "notes", path: notes });
  void log.write({ ...at(6), kind: "scalars", values: { last: 1 } });
  await log.addModel({ weights, monitor: "loss", value: 0.2, epoch: 4, step: 5 });
  await twoFigures(log);
  log.close(0);
  return log;
}

/** Brings a log that has ended to a server. */
export async function uploadTo(server: WandBServer, log: RunLog): Promise<void> {
  const { running, news } = quickUpload(server, log, "allow");
  await running.finish(20_000);
  if (news.some(({ kind }) => kind === "trouble" || kind === "leftOut")) throw new Error(JSON.stringify(news));
}

const weights = { w: hostTensor(Float32Array.of(1, 2, 3), [3]) };

/** The first figures lack those that are counted from time to time. */
function twoFigures(log: RunLog): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const stop = systemFigures(
      (figures) => {
        log.stats(figures);
        if (++count < 2) return;
        stop();
        resolve();
      },
      { everyMs: 50 },
    );
  });
}
