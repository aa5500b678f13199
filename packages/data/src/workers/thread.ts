import { SnapfitError } from "@snapfit/base";
import type { Worker } from "node:worker_threads";
import { packArrays } from "../nested-arrays.js";
import { inputText, receiveError, type ThreadReply, type ThreadSetup, type ThreadTask } from "./messages.js";
import { nodeModule } from "./node-module.js";

/** What a thread has made of a task. */
export type ThreadResult = Exclude<ThreadReply, { readonly failure: unknown }>;

interface WaitingTask {
  readonly task: ThreadTask;
  readonly resolve: (result: ThreadResult) => void;
  readonly reject: (error: Error) => void;
}

/** One thread that makes samples. */
export class Thread {
  readonly #worker: Worker;
  readonly #progress: Int32Array;
  readonly #waiting = new Map<number, WaitingTask>();
  #fault: unknown;

  /** @param onDeath called when it has ended by itself. */
  constructor(setup: Omit<ThreadSetup, "progress">, onDeath: () => void) {
    const { createRequire } = nodeModule("node:module");
    const { Worker } = nodeModule("node:worker_threads");
    this.#progress = new Int32Array(new SharedArrayBuffer(8));
    const workerData: ThreadSetup = { ...setup, progress: this.#progress };
    const file = createRequire(import.meta.url).resolve("@snapfit/data/decode-worker");
    this.#worker = sending("The options of the decoder", () => new Worker(file, { workerData }));
    this.#worker.on("message", (reply: ThreadReply) => this.#receive(reply));
    this.#worker.on("error", (error) => (this.#fault = error));
    this.#worker.on("exit", (code) => {
      onDeath();
      this.#failAll(code);
    });
    this.#worker.unref();
  }

  get numWaiting(): number {
    return this.#waiting.size;
  }

  /** @throws SnapfitError `LOADER_WORKER`, and what the decoder and the transform throw, with the sample */
  run(task: ThreadTask): Promise<ThreadResult> {
    return new Promise((resolve, reject) => {
      const { packed, buffer } = packArrays(task.inputs);
      sending("What `input(index)` of the set gave", () => this.#worker.postMessage({ ...task, inputs: packed as unknown[] }, [buffer]));
      this.#waiting.set(task.id, { task, resolve, reject });
    });
  }

  /** Whether the process must wait for this thread. */
  hold(isHeld: boolean): void {
    if (isHeld) this.#worker.ref();
    else this.#worker.unref();
  }

  async end(): Promise<void> {
    for (const { reject } of this.#waiting.values()) reject(new Error("internal: the pass was left"));
    this.#waiting.clear();
    await this.#worker.terminate();
  }

  #receive(reply: ThreadReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    if (!("failure" in reply)) return waiting.resolve(reply);
    const { position, error } = reply.failure;
    waiting.reject(receiveError(error, position === undefined ? undefined : sampleOf(waiting.task, position)));
  }

  #failAll(exitCode: number): void {
    const [id, position] = this.#progress;
    const running = this.#waiting.get(id!);
    const sample = running && sampleOf(running.task, position!);
    const where = sample === undefined ? "before it began a sample" : `at sample ${sample.index}, made of ${inputText(sample.input)}`;
    const why = this.#fault instanceof Error ? `${this.#fault.name}: ${this.#fault.message}` : `exit code ${exitCode}`;
    for (const { reject } of this.#waiting.values()) {
      reject(
        new SnapfitError(
          "LOADER_WORKER",
          `A thread that makes samples has died ${where} (${why}). Threads end only by a fault: memory, a crash in native code, or process.exit(). Look at that sample, or make it without workers.`,
          { cause: this.#fault },
        ),
      );
    }
    this.#waiting.clear();
  }
}

/** @param what what is sent. @throws SnapfitError `LOADER_WORKER` if it cannot be */
function sending<Result>(what: string, send: () => Result): Result {
  try {
    return send();
  } catch (cause) {
    throw new SnapfitError(
      "LOADER_WORKER",
      `${what} cannot be sent to a thread: ${String(cause)} Plain data can be: numbers, texts, arrays and records of them. Have the decoder's module make the rest.`,
      { cause },
    );
  }
}

function sampleOf({ indices, inputs }: ThreadTask, position: number): { readonly index: number; readonly input: unknown } {
  return { index: indices[position]!, input: inputs[position] };
}
