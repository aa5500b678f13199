import { parentPort, workerData } from "node:worker_threads";
import { isBadSampleError } from "../loaders/bad-sample.js";
import { collate } from "../loaders/collate.js";
import { importDefault } from "../loaders/import-default.js";
import { contextOf, transformRoot, type Transform } from "../loaders/make-batches.js";
import { freshBuffers, packArrays } from "../nested-arrays.js";
import { loadDecoder } from "./load-decoder.js";
import { sendError, type SentFailure, type ThreadReply, type ThreadSetup, type ThreadTask } from "./messages.js";

const { decoder, transform, seed, isCollating, onBadSample, progress } = workerData as ThreadSetup;
const root = transformRoot(seed);
const making = load();
making.catch(() => {}); // told to each task

let last: Promise<void> = Promise.resolve();
// One task after the other, one sample after the other: what is under way in the thread is one sample, however many tasks wait.
parentPort!.on("message", (task: ThreadTask) => {
  last = last.then(() => answer(task));
});

async function load(): Promise<(task: ThreadTask, i: number) => unknown> {
  const decode = decoder ? await loadDecoder(decoder) : (input: unknown) => input;
  if (transform === undefined) return (task, i) => decode(task.inputs[i]);
  const change = await importDefault<Transform>(transform, "transform");
  return async (task, i) => change(await decode(task.inputs[i]), contextOf(root, task, i));
}

async function answer(task: ThreadTask): Promise<void> {
  const { id } = task;
  let position: number | undefined;
  try {
    const make = await making;
    const samples: unknown[] = [];
    const bad: SentFailure[] = [];
    for (let i = 0; i < task.inputs.length; i++) {
      position = i;
      progress[0] = id;
      progress[1] = i;
      try {
        const sample = make(task, i);
        samples[i] = sample instanceof Promise ? await sample : sample;
      } catch (error) {
        if (onBadSample === "throw" || !isBadSampleError(error)) throw error;
        bad.push({ position: i, error: sendError(error) });
      }
    }
    position = undefined;
    send(id, samples, bad);
  } catch (error) {
    const failure = { position, error: sendError(error) };
    parentPort!.postMessage({ id, failure } satisfies ThreadReply);
  }
}

function send(id: number, samples: unknown[], bad: readonly SentFailure[]): void {
  if (isCollating) {
    const good = Object.values(samples); // without the holes of bad ones
    const batch = good.length === 0 ? undefined : collate(good);
    parentPort!.postMessage({ id, batch, bad } satisfies ThreadReply, freshBuffers(batch));
  } else {
    const { packed, buffer } = packArrays(samples);
    parentPort!.postMessage({ id, samples: packed as unknown[], bad } satisfies ThreadReply, [buffer]);
  }
}
