import type { UploadEnd } from "@snapfit/logging";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { FromUploadWorker, ToUploadWorker } from "../upload-worker.js";
import { startUpload, type RunningUpload, type UploadEvents, type UploadSettings } from "./start-upload.js";

/** Begins an upload in a thread of its own; in this one where none can be had, such as in a bundle. */
export function uploadInThread(settings: UploadSettings, events: UploadEvents): RunningUpload {
  try {
    const program = createRequire(import.meta.url).resolve("@snapfit/neptune/upload-worker");
    return new WorkerUpload(new Worker(program, { workerData: settings }), events);
  } catch {
    return startUpload(settings, events);
  }
}

class WorkerUpload implements RunningUpload {
  readonly #worker: Worker;
  readonly #end: Promise<UploadEnd>;

  constructor(worker: Worker, events: UploadEvents) {
    this.#worker = worker;
    this.#end = new Promise((resolve) => {
      worker.on("message", (message: FromUploadWorker) => {
        if ("run" in message) void this.#adopt(events.onRun(message.run));
        else if ("refusal" in message) events.onRefusal(message.refusal);
        else if ("end" in message) resolve(message.end);
        else events.onTrouble(message.trouble, message.isFinal);
      });
      worker.on("error", (error) => {
        events.onTrouble(`the thread that uploads has ended: ${error.message}`, true);
        resolve("refused");
      });
      worker.on("exit", () => resolve("late"));
    });
    worker.unref(); // a run that has ended without close() does not wait for a server
  }

  async finish(deadlineMs: number): Promise<UploadEnd> {
    this.#worker.ref();
    this.#tell({ deadlineMs });
    const end = await this.#end;
    await this.#worker.terminate();
    return end;
  }

  async #adopt(directory: Promise<string>): Promise<void> {
    try {
      this.#tell({ directory: await directory });
    } catch (error) {
      this.#tell({ noDirectory: (error as Error).message });
    }
  }

  #tell(message: ToUploadWorker): void {
    this.#worker.postMessage(message);
  }
}
