// Trains one case on one of TensorFlow.js' engines, in a process of its own: `node worker.mjs ENGINE CASE_JSON`. worker-process.ts has the protocol.
import { createInterface } from "node:readline";
import * as tf from "@tensorflow/tfjs";
import type { StepCase } from "./cases.js";
import { selectEngine } from "./select-engine.js";
import { Training } from "./training.js";
import type { Reply, Request } from "./worker-process.js";

const [engine = "", json = ""] = process.argv.slice(2);
const settings = JSON.parse(json) as StepCase;

const answer = (reply: Reply): void => void process.stdout.write(`${JSON.stringify(reply)}\n`);

/** Milliseconds of each step. Nothing is read: all engines compute before they return. */
function times(training: Training, numSteps: number): number[] {
  return Array.from({ length: numSteps }, () => {
    const start = performance.now();
    training.step().dispose();
    return performance.now() - start;
  });
}

function losses(numSteps: number): number[] {
  return tf.tidy(() => new Training(settings, { startsFrom: "formula" }).losses(numSteps));
}

const selected = await selectEngine(engine);
if (selected.unavailable !== undefined) {
  answer({ unavailable: selected.unavailable });
} else {
  const training = new Training(settings, { optimizer: engine === "tfjs-node" ? "stock" : "snapfit" });
  training.step().dispose();
  answer({ ready: true, note: selected.note });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    if ("steps" in request) answer({ times: times(training, request.steps) });
    else if ("check" in request) answer({ losses: losses(request.check) });
    else answer({ profile: (await selected.profile?.(() => times(training, request.profile))) ?? [] });
  }
}
