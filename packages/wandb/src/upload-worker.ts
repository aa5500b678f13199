import { parentPort, workerData } from "node:worker_threads";
import { RunningUpload, type UploadJob } from "./upload/upload-job.js";

// The thread of an upload: it reads the log by itself, so that training's thread does nothing for it.
const upload = new RunningUpload(workerData as UploadJob, (news) => parentPort!.postMessage(news));
parentPort!.on("message", ({ deadlineMs }: { readonly deadlineMs: number }) => void upload.finish(deadlineMs));
