import { dirname, join } from "node:path";
import type { RunLog } from "../../src/run/run-log.js";
import { RunningUpload, type UploadNews } from "../../src/upload/upload-job.js";
import type { ResumeMode } from "../../src/wandb-options.js";
import type { WandBServer } from "./wandb-server.js";

/** An upload in this thread, and what it has told. */
export interface QuickUpload {
  readonly running: RunningUpload;
  readonly news: readonly UploadNews[];
}

/** Brings a log to a server as it grows. Quick, where a trainer's upload would wait. */
export function quickUpload({ url }: WandBServer, log: RunLog, resume?: ResumeMode): QuickUpload {
  const news: UploadNews[] = [];
  const parts = log.fragments.map(({ logPath, filesPath }) => ({ logPath, filesPath }));
  const address = { baseUrl: url, apiKey: "k".repeat(40) };
  const notesPath = join(dirname(log.fragments[0]!.path), `snapfit.upload-${log.runId}.json`);
  const job = { address, parts, notesPath, resume, everyMs: 20, retryMs: 5 };
  return { running: new RunningUpload(job, (each) => news.push(each)), news };
}
