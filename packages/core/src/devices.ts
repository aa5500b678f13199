import { SnapfitError, nearestName } from "@snapfit/base";
import { applyFixes, checkModelCanTrain } from "@snapfit/tfjs-fixes";
import * as tf from "@tensorflow/tfjs";
import { knownDevices } from "./known-devices.js";
import { isLayersModel, type Model } from "./model.js";

/** What was chosen. */
export interface ChosenDevice {
  readonly model: Model;
  /** One line for people: which, why, and the command that would make it faster. */
  readonly line: string;
}

/**
 * Chooses the backend and builds the model on it.
 * @param device a name, or `auto`: the best that loads and can train the model.
 * @throws SnapfitError `DEVICE_UNKNOWN`, `DEVICE_CANNOT_TRAIN` (names op and layer)
 */
export async function chooseDevice(device: string, build: () => Promise<Model>, discard: (model: Model) => void): Promise<ChosenDevice> {
  return device === "auto" ? bestDevice(build, discard) : namedDevice(device, build);
}

async function namedDevice(name: string, build: () => Promise<Model>): Promise<ChosenDevice> {
  const rows = knownDevices();
  const row = rows.find((one) => one.name === name);
  let cause: unknown;
  const isThere =
    row === undefined ? tf.findBackendFactory(name) !== null : await row.load().catch((error: unknown) => void (cause = error));
  if (!isThere || !(await use(name))) {
    const known = ["auto", ...rows.map((one) => one.name)];
    const nearest = nearestName(name, known);
    const advice =
      cause instanceof Error
        ? `It does not run: ${withoutStop(cause.message)}`
        : row !== undefined
          ? `Install it: ${row.install}`
          : `Known are ${known.join(", ")}${nearest === undefined ? "." : `; did you mean "${nearest}"?`} A backend of your own is registered with tf.registerBackend() first`;
    throw new SnapfitError("DEVICE_UNKNOWN", `The device "${name}" is not here. ${advice}.`, cause === undefined ? undefined : { cause });
  }
  const fixes = applyFixes(name);
  const model = await build();
  const problem = problemOf(model, name);
  if (problem !== undefined)
    throw new SnapfitError(
      "DEVICE_CANNOT_TRAIN",
      `The device "${name}" cannot train this model: ${problem} Use device: "auto", or another layer.`,
    );
  return { model, line: `Device: ${name}, as asked${fixesText(fixes.length)}.` };
}

async function bestDevice(build: () => Promise<Model>, discard: (model: Model) => void): Promise<ChosenDevice> {
  const better: string[] = [];
  let lastProblem = "";
  for (const { name, load, install, merit } of knownDevices()) {
    let refusal: unknown;
    if (!(await load().catch((error: unknown) => void (refusal = error))) || !(await use(name))) {
      better.push(
        refusal instanceof Error ? `${name} does not run here: ${withoutStop(refusal.message)}` : `${name} is ${merit}: ${install}`,
      );
      continue;
    }
    const fixes = applyFixes(name);
    const model = await build();
    const problem = problemOf(model, name);
    if (problem === undefined) {
      const [why, problems] = lastProblem === "" ? ["the best that is here", []] : ["the best that can train this model", [lastProblem]];
      const more = better.length === 0 ? problems : [...problems, better.join("; ")];
      return { model, line: [`Device: ${name}, ${why}${fixesText(fixes.length)}`, ...more].map((sentence) => `${sentence}.`).join(" ") };
    }
    lastProblem = `${name} cannot train ${withoutStop(problem)}`;
    discard(model);
  }
  throw new SnapfitError(
    "DEVICE_CANNOT_TRAIN",
    `No device here can train this model: ${lastProblem}. Replace the layer, or install another engine.`,
  );
}

/** The first reason why a backend cannot train a model, after the fixes. */
function problemOf(model: Model, name: string): string | undefined {
  if (!isLayersModel(model)) return undefined;
  const [first] = checkModelCanTrain(model, name);
  return first && `${first.className} (layer ${first.layer}, op ${first.op}): ${first.reason}`;
}

function fixesText(count: number): string {
  return count === 0 ? "" : `, ${count} of its gradients and kernels put right`;
}

/** For a text within a sentence. */
function withoutStop(text: string): string {
  return text.replace(/\.$/, "");
}

async function use(name: string): Promise<boolean> {
  silenceNotice();
  try {
    return await tf.setBackend(name);
  } catch {
    return false;
  }
}

/** The cpu backend advises tfjs-node in its first operation; the device line says what is worth installing. */
function silenceNotice(): void {
  const cpu = tf.findBackend("cpu") as { firstUse?: boolean } | null;
  if (cpu) cpu.firstUse = false;
}
