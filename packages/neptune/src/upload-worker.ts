import type { UploadEnd } from "@snapfit/logging";
import { parentPort, workerData } from "node:worker_threads";
import type { ServerRun } from "./upload/run-upload.js";
import { startUpload, type UploadSettings } from "./upload/start-upload.js";

/** What the thread is told. */
export type ToUploadWorker = { readonly directory: string } | { readonly noDirectory: string } | { readonly deadlineMs: number };

/** What the thread tells. */
export type FromUploadWorker =
  | { readonly run: ServerRun }
  | { readonly refusal: string }
  | { readonly trouble: string | undefined; readonly isFinal: boolean }
  | { readonly end: UploadEnd };

let settle: { readonly resolve: (directory: string) => void; readonly reject: (error: Error) => void };
const directory = new Promise<string>((resolve, reject) => (settle = { resolve, reject }));
const tell = (message: FromUploadWorker): void => parentPort!.postMessage(message);

const upload = startUpload(workerData as UploadSettings, {
  onRun(run) {
    tell({ run });
    return directory;
  },
  onRefusal: (refusal) => tell({ refusal }),
  onTrouble: (trouble, isFinal) => tell({ trouble, isFinal }),
});

parentPort!.on("message", (message: ToUploadWorker) => {
  if ("directory" in message) settle.resolve(message.directory);
  else if ("noDirectory" in message) settle.reject(new Error(message.noDirectory));
  else void upload.finish(message.deadlineMs).then((end) => tell({ end }));
});
