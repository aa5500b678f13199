import { createRequire } from "node:module";
import { arch, cpus, platform } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { buildsFor, processorFlags } from "./processor.js";
import { nativeStatus, type NativeStatus } from "./start.js";

/** What {@link doctor} found. */
export interface DoctorReport {
  /** The backend that `device: "auto"` tries first. */
  readonly backend: "native" | "wasm" | "cpu";
  readonly why: string;
  readonly native: NativeStatus;
  readonly processor: {
    readonly model: string;
    /** Those sets of instructions that matter for training, by Linux' names: `avx2`, `avx512f`, `avx512_bf16`, … */
    readonly instructions: readonly string[];
    /** Builds of the engine that it can run, the best first. */
    readonly builds: readonly string[];
  };
  /** What to install or set for more, a sentence each; empty if all is well. */
  readonly advice: readonly string[];
  /** The same for people, in aligned lines. */
  readonly text: string;
}

const instructionsOfNote = [
  "sse4_2",
  "avx",
  "avx2",
  "fma",
  "f16c",
  "avx512f",
  "avx512_vnni",
  "avx512_bf16",
  "avx512_fp16",
  "amx_tile",
  "amx_bf16",
];

/**
 * Tells which backend training would run on and why, what the processor can do, which build and library were chosen, how many threads the kernels
 * use and where that number comes from, and what to install for more. Works wherever the package can be imported, also where the engine does not run.
 * @example
 * ```ts
 * console.log((await doctor()).text);
 * ```
 */
export async function doctor(): Promise<DoctorReport> {
  const native = nativeStatus();
  const flags = processorFlags();
  const processor = {
    model: cpus()[0]?.model ?? "unknown",
    instructions: instructionsOfNote.filter((name) => flags.has(name)),
    builds: buildsFor(flags),
  };
  const hasWasm = tf.findBackendFactory("wasm") !== null || isInstalled("@tensorflow/tfjs-backend-wasm");
  const backend = native.isAvailable ? "native" : hasWasm ? "wasm" : "cpu";
  const why = native.isAvailable ? "the engine loads and has checked itself" : (native.problem?.message ?? "the engine did not start");
  const advice = [
    ...(native.isAvailable || hasWasm ? [] : ["wasm is several times faster than cpu: npm i @tensorflow/tfjs-backend-wasm"]),
    ...(native.isAvailable && native.build !== processor.builds[0]
      ? [`The processor can run the build ${processor.builds[0]}, but ${native.build} was loaded.`]
      : []),
  ];
  const report = { backend, why, native, processor, advice } as const;
  return { ...report, text: textOf(report) };
}

/** Whether the program that runs can import it: its modules are looked for from its folder and from here. */
function isInstalled(name: string): boolean {
  return [join(process.cwd(), "program.js"), import.meta.url].some((from) => {
    try {
      return createRequire(from).resolve(`${name}/package.json`) !== "";
    } catch {
      return false;
    }
  });
}

function textOf({ backend, why, native, processor, advice }: Omit<DoctorReport, "text">): string {
  const engine = native.build === undefined ? "not loaded" : `build ${native.build}, oneDNN ${native.oneDnn}`;
  const rows: readonly (readonly [string, string])[] = [
    ["System", `${platform()}-${arch()}, Node.js ${process.versions.node}, TensorFlow.js ${tf.version_core}`],
    ["Processor", processor.model],
    ["Instructions", processor.instructions.join(" ") || "unknown"],
    ["Engine", engine],
    ...(native.file === undefined ? [] : [["File", native.file] as const]),
    ["Threads", `${native.threads.count} (${native.threads.source})`],
    ...advice.map((sentence) => ["For more", sentence] as const),
  ];
  const lines = rows.map(([name, value]) => `${`${name}:`.padEnd(14)}${value}`);
  return [`Training would run on ${backend}: ${why.replace(/\.$/, "")}.`, ...lines].join("\n");
}
