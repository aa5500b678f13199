import type { UploadEnd } from "@snapfit/logging";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { RunningUpload, type UploadJob, type UploadNews } from "./upload-job.js";

/** An upload that runs. */
export interface UploadHandle {
  /** Sends the rest, for a while at most. Never throws. */
  finish(deadlineMs: number): Promise<UploadEnd>;
}

/** How much later than its deadline a thread may answer. */
const GRACE_MS = 2000;

/** Uploads in a thread of its own; in this one where that cannot start. */
export function startUpload(job: UploadJob, tell: (news: UploadNews) => void): UploadHandle {
  let ended: (end: UploadEnd) => void = () => undefined;
  const end = new Promise<UploadEnd>((resolve) => (ended = resolve));
  const hear = (news: UploadNews): void => (news.kind === "ended" ? ended(news.end) : tell(news));
  const worker = workerFor(job);
  if (worker === undefined) {
    const upload = new RunningUpload(job, hear);
    return { finish: (deadlineMs) => upload.finish(deadlineMs).then(() => end) };
  }
  worker.on("message", hear);
  worker.on("error", (error) => {
    tell({ kind: "trouble", message: `its thread has ended: ${error.message}`, isPermanent: true });
    ended("late");
  });
  worker.unref(); // it keeps no process alive before it is asked to finish
  return {
    async finish(deadlineMs) {
      worker.ref();
      worker.postMessage({ deadlineMs });
      const timer = setTimeout(() => ended("late"), deadlineMs + GRACE_MS);
      const how = await end;
      clearTimeout(timer);
      await worker.terminate();
      return how;
    },
  };
}

function workerFor(job: UploadJob): Worker | undefined {
  try {
    const program = createRequire(import.meta.url).resolve("@snapfit/wandb/upload-worker");
    return new Worker(program, { workerData: job });
  } catch {
    return undefined; // a bundle without the file
  }
}
