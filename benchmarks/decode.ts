import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { HostTensor } from "@snapfit/base";
import { loader, type DataLoader } from "@snapfit/data";
import { imageFolder } from "@snapfit/data/node";
import { inTurn, row, type Benchmark, type Row } from "./row.js";
import { runProgram } from "./step/run-program.js";
import { torchPython } from "./step/torch-environment.js";
import { Unavailable } from "./step/unavailable.js";

const NUM_PNGS = 10_000;
const NUM_JPEGS = 500;
const WORKERS = 2;
const ROUNDS = 5;
/** Passes of a round. */
const PASSES = 2;

interface Case {
  readonly name: string;
  readonly folder: string;
  /** Pixels of both sides after the decoding, or 0 if they stay. */
  readonly size: number;
  readonly batchSize: number;
}

const cases: readonly Case[] = [
  { name: "png-28", folder: "png", size: 0, batchSize: 64 },
  { name: "jpeg-500-to-224", folder: "jpeg", size: 224, batchSize: 32 },
];

export default {
  title: `A shuffled pass over ${NUM_PNGS} PNGs of 28 x 28, and over ${NUM_JPEGS} JPEGs of 500 x 375 resized to 224 x 224, in ${WORKERS} threads, beside PyTorch's DataLoader with Pillow in ${WORKERS} processes`,
  async run({ scratch }) {
    const root = join(scratch, "..");
    const images = join(scratch, "decode-images");
    const python = await pillowPython(scratch).catch((error: unknown) => {
      if (!(error instanceof Unavailable)) throw error;
      console.log(`torch + Pillow, which also makes the images: ${error.message}`);
      return undefined;
    });
    if (python === undefined) return [];
    const peer = async (...options: readonly (string | number)[]): Promise<string> =>
      (await promisify(execFile)(python, [join(root, "benchmarks/decode-peer.py"), ...options.map(String)])).stdout;
    if (!existsSync(images)) await peer("make", images, NUM_PNGS, NUM_JPEGS);
    const rows: Row[] = [];
    for (const { name, folder, size, batchSize } of cases) {
      const path = join(images, folder);
      const transform = pathToFileURL(join(root, "benchmarks/decode-transform.mjs"));
      const set = await imageFolder(path);
      const options = { batchSize, shuffle: true, workers: WORKERS };
      const times = await inTurn(ROUNDS, 1, {
        snapfit: () => passes(size > 0 ? loader(set, { ...options, transform }) : loader(set, options)),
        "torch + Pillow": async () => JSON.parse(await peer("pass", path, size, batchSize, WORKERS, PASSES)) as number[],
      });
      rows.push(...Object.entries(times).map(([engine, timesMs]) => row(name, engine, timesMs, WORKERS)));
    }
    return rows;
  },
} satisfies Benchmark;

/** As the peer: one pass that starts the threads and does not count, then those that do. */
async function passes(batches: DataLoader<{ readonly label: HostTensor }>): Promise<number[]> {
  await timedPass(batches);
  const times: number[] = [];
  while (times.length < PASSES) times.push(await timedPass(batches));
  for await (const _ of batches) break; // the threads end
  return times;
}

async function timedPass(batches: DataLoader<{ readonly label: HostTensor }>): Promise<number> {
  const start = performance.now();
  let count = 0;
  for await (const { label } of batches) count += label.data.length;
  if (count !== batches.numSamples) throw new Error(`The loader yielded ${count} samples of ${batches.numSamples}.`);
  return performance.now() - start;
}

/** PyTorch's Python with Pillow in it. @throws Unavailable */
async function pillowPython(scratch: string): Promise<string> {
  const python = await torchPython(scratch);
  if ((await runProgram(python, ["-c", "import PIL"], scratch)) === undefined) return python;
  const problem = await runProgram(python, ["-m", "pip", "install", "--quiet", "pillow==13.0.0"], scratch);
  if (problem !== undefined) throw new Unavailable(`Pillow cannot be installed: ${problem}`);
  return python;
}
