import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { StepCase } from "./cases.js";
import { tfjsNodeFolder } from "./tfjs-node-environment.js";
import { torchPython } from "./torch-environment.js";
import { Unavailable } from "./unavailable.js";
import { WorkerProcess } from "./worker-process.js";

/** A running engine. `startedAt` is of `performance.now()`, before its process was. */
interface Started {
  readonly worker: WorkerProcess;
  readonly startedAt: number;
  readonly note?: string | undefined;
}

export interface Engine {
  /** Cases that it can run in a minute; all, where it is not given. */
  readonly cases?: readonly string[];
  /** Too slow to take turns with the others. */
  readonly isSlow?: boolean;
  /** @throws Unavailable */
  start(settings: StepCase, paths: Paths): Promise<Started>;
}

/** `sources` is this folder; `scratch` takes what is built and installed. */
export interface Paths {
  readonly sources: string;
  readonly scratch: string;
}

export const THREADS = 2;
const env = { OMP_NUM_THREADS: String(THREADS) };

/** The engines by name, in the order of the table. */
export const engines: Readonly<Record<string, Engine>> = {
  native: ownEngine("native"),
  // What the engine's own measurement chooses, which may be f32; and bf16 whatever it says, for its memory.
  "native-bf16": ownEngine("native-bf16"),
  "native-bf16-forced": { ...ownEngine("native-bf16-forced"), cases: ["cnn-64", "resnet18-32", "seq2seq-8"] },
  torch: torchEngine("f32"),
  "torch-bf16": torchEngine("bf16"),
  "tfjs-node": { start: startTfjsNode },
  cpu: { ...ownEngine("cpu"), cases: ["mlp-64", "mlp-1024", "lstm-32"], isSlow: true },
};

function ownEngine(name: string): Engine {
  const start: Engine["start"] = async (settings, { sources, scratch }) => {
    const program = join(scratch, "bench-step-worker.mjs");
    await bundle(join(sources, "worker.ts"), program, { packages: "external" });
    return startProgram(process.execPath, [program, name, JSON.stringify(settings)]);
  };
  return { start };
}

/** Our packages go into its bundle, so that they use the copy of TensorFlow.js that lies beside it. */
async function startTfjsNode(settings: StepCase, { sources, scratch }: Paths): Promise<Started> {
  const program = join(await tfjsNodeFolder(scratch), "worker.mjs");
  await bundle(join(sources, "worker.ts"), program, { external: ["@tensorflow/*", "@snapfit/native"] });
  const limits = { TF_NUM_INTRAOP_THREADS: String(THREADS), TF_NUM_INTEROP_THREADS: "1", TF_CPP_MIN_LOG_LEVEL: "2" };
  return startProgram(process.execPath, [program, "tfjs-node", JSON.stringify(settings)], limits);
}

/** One process finds the fastest variant; another one, which has seen no other, is measured. */
function torchEngine(precision: "f32" | "bf16"): Engine {
  const start: Engine["start"] = async (settings, { sources, scratch }) => {
    if (precision === "bf16" && !hasBf16()) throw new Unavailable("This processor has no bf16 instructions.");
    const python = await torchPython(scratch);
    const args = [join(sources, "torch/torch_step.py"), JSON.stringify(settings), String(THREADS), precision];
    const probe = startProgram(python, [...args, '["probe"]']);
    const { variant = [] } = await probe.worker.reply();
    return { ...startProgram(python, [...args, JSON.stringify(variant)]), note: variant.join(", ") || "eager" };
  };
  return { start };
}

/** Without the instructions PyTorch emulates bf16, at a twentieth of the speed. */
function hasBf16(): boolean {
  return existsSync("/proc/cpuinfo") && /\b(avx512_bf16|amx_bf16|bf16)\b/.test(readFileSync("/proc/cpuinfo", "utf8"));
}

function startProgram(program: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Started {
  const startedAt = performance.now();
  return { worker: new WorkerProcess(program, args, { ...env, ...more }), startedAt };
}

async function bundle(entry: string, outfile: string, options: { packages?: "external"; external?: string[] }): Promise<void> {
  await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm", logLevel: "error", ...options });
}
