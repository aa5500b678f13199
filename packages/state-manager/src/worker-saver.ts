import { recycleArrays, SnapfitError } from "@snapfit/base";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { CheckpointFolder, SaveJob } from "./checkpoint-folder.js";
import type { SaveWorkerData, SaveWorkerReply } from "./save-worker.js";
import type { SaveResult, Saver } from "./saver.js";
import { stateManagerError } from "./state-manager-error.js";

/** Saves in a thread of its own. Where that cannot start or has died, in this one. */
export class WorkerSaver implements Saver {
  readonly #folder: CheckpointFolder;
  readonly #inline: Saver;
  #worker: Worker | undefined;

  constructor(folder: CheckpointFolder, inline: Saver) {
    this.#folder = folder;
    this.#inline = inline;
    try {
      const program = createRequire(import.meta.url).resolve("@snapfit/state-manager/save-worker");
      this.#worker = new Worker(program, { workerData: { settings: folder.settings, entries: folder.entries } satisfies SaveWorkerData });
      for (const end of ["error", "exit"]) this.#worker.on(end, () => (this.#worker = undefined));
      this.#worker.unref(); // an idle one does not keep the process
    } catch {
      // A bundle without the file: this thread does it.
    }
  }

  async save(job: SaveJob): Promise<SaveResult> {
    const worker = this.#worker;
    if (worker === undefined) return this.#inline.save(job);
    const reply = await this.#ask(worker, job);
    recycleArrays(reply.arrays);
    this.#folder.adopt(reply.entries);
    if ("error" in reply) throw new SnapfitError(reply.error.code, reply.error.message);
    return reply;
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  async #ask(worker: Worker, job: SaveJob): Promise<SaveWorkerReply> {
    let resolve!: (reply: SaveWorkerReply) => void;
    let reject!: (error: Error) => void;
    const reply = new Promise<SaveWorkerReply>((...settle) => ([resolve, reject] = settle));
    const fail = (cause: unknown): void =>
      reject(
        stateManagerError(
          "SAVE_FAILED",
          `The thread that writes checkpoints has ended (${String(cause)}). The next save is tried in this one.`,
          cause,
        ),
      );
    worker.once("message", resolve).once("error", fail).once("exit", fail);
    worker.ref();
    try {
      worker.postMessage(
        job,
        [...job.packed.arrays.values()].map(({ bytes }) => bytes.buffer as ArrayBuffer),
      );
      return await reply;
    } finally {
      worker.off("message", resolve).off("error", fail).off("exit", fail);
      worker.unref();
    }
  }
}
