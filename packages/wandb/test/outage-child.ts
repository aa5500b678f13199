// node --expose-gc outage-child.mjs HOURS ROWS
import { join } from "node:path";
import { outage, type OutageLog } from "../../logging/test/support/outage.js";
import { LogReader } from "../src/log/log-reader.js";
import { RunContent } from "../src/upload/run-content.js";
import { RunUpload } from "../src/upload/run-upload.js";
import { Service } from "../src/upload/service.js";
import { openLog } from "./support/open-log.js";

/** A run's log and its upload, as the logger makes them, but for the clock. */
function open(url: string, folder: string): OutageLog {
  const run = openLog(folder, { runId: "abcdefgh" });
  const parts = run.fragments.map(({ logPath, filesPath }) => ({ filesPath, reader: new LogReader(logPath) }));
  const ignore = (): void => undefined;
  const source = new RunUpload(new Service({ baseUrl: url, apiKey: "key" }), new RunContent(parts), {
    resume: undefined,
    notesPath: join(folder, "notes.json"),
    isSynced: false,
    heartbeatMs: 30_000,
    onStarted: ignore,
    onStopped: ignore,
    onLeftOut: ignore,
  });
  return {
    source,
    write(from, to) {
      for (let row = from; row < to; row++)
        void run.write({ kind: "scalars", key: "train", fit: 1, epoch: 1, step: row, values: { "train/loss": 1 / (row + 1) } });
      run.flush();
    },
    close: () => run.close(0),
  };
}

/** What the service answers, and the steps of the rows that it was sent. */
function answer({ path, body, url }: Readonly<Record<"path" | "body" | "url", string>>): {
  readonly body: unknown;
  readonly rows?: number[];
} {
  if (path.endsWith("/file_stream")) {
    const { files } = JSON.parse(body) as { files?: Record<string, { content: string[] }> };
    const lines = files?.["wandb-history.jsonl"]?.content ?? [];
    return { body: {}, rows: lines.map((line) => Number(/"_step":(\d+)/.exec(line)![1])) };
  }
  if (body.includes("query Viewer")) return { body: { data: { viewer: { entity: "me" } } } };
  if (body.includes("mutation UpsertBucket"))
    return { body: { data: { upsertBucket: { bucket: { project: { name: "rows", entity: { name: "me" } } } } } } };
  if (body.includes("mutation CreateRunFiles")) {
    const { variables } = JSON.parse(body) as { variables: { files: string[] } };
    return { body: { data: { createRunFiles: { files: variables.files.map((name) => ({ name, uploadUrl: `${url}/file` })) } } } };
  }
  return { body: { data: {} } };
}

const [hours, numRows] = process.argv.slice(2).map(Number) as [number, number];
const policy = { firstMs: 2000, capMs: 60_000, jitter: 0.25 };
console.log(JSON.stringify(await outage({ hours, numRows, policy, idleMs: 15_000, open, answer })));
