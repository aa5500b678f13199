import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { DiskStorage } from "@snapfit/base/node";
import { openSafetensors, writeSafetensors, type SafetensorsSource } from "@snapfit/safetensors";
import { inTurn, row, type Benchmark, type Row } from "../row.js";
import { environmentPython } from "../step/python-environment.js";
import { Unavailable } from "../step/unavailable.js";
import { sameBytes } from "./same-bytes.js";

/** 30 tensors of 1024 x 4096 floats: 503 MB. */
const NUM_TENSORS = 30;
const SIZE = 1024 * 4096;
const PAGE = 1024;

const disk = new DiskStorage();

export default {
  title: `Writing and reading ${((NUM_TENSORS * SIZE * 4) / 1e6).toFixed(0)} MB in ${NUM_TENSORS} tensors, against the official library in Python. Files are in the page cache when they are read`,
  async run({ scratch }) {
    const folder = join(scratch, "safetensors-files");
    mkdirSync(folder, { recursive: true });
    const [ours, theirs] = [join(folder, "snapfit.safetensors"), join(folder, "official.safetensors")];
    try {
      const tensors = makeTensors();
      const official = await officialLibrary(scratch);
      const sum = await write(ours, tensors).then(() => read(ours).then((result) => result.sum));
      if (official) await checkEquality(official, ours, theirs, sum);
      const rows: Row[] = [];
      for (const action of ["write", "read"] as const) {
        const sides: Record<string, () => Promise<number>> = {
          snapfit: action === "write" ? () => write(ours, tensors) : async () => (await read(ours)).ms,
        };
        if (official) sides["official"] = async () => (await official(action, theirs)).ms;
        const times = await inTurn(7, 1, sides);
        rows.push(...Object.entries(times).map(([engine, timesMs]) => row(`${action}-500MB`, engine, timesMs)));
      }
      return rows;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
} satisfies Benchmark;

type Official = (action: "write" | "read", file: string) => Promise<{ ms: number; sum: number }>;

async function officialLibrary(scratch: string): Promise<Official | undefined> {
  try {
    const python = await environmentPython(scratch, {
      name: "safetensors",
      packageName: "safetensors",
      version: "0.8.0",
      beside: ["numpy==2.4.6"],
    });
    const script = join(scratch, "../benchmarks/safetensors/official.py");
    return async (action, file) => {
      const { stdout } = await promisify(execFile)(python, [script, action, file, String(NUM_TENSORS)]);
      return JSON.parse(stdout) as { ms: number; sum: number };
    };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(`official: ${error.message}`);
    return undefined;
  }
}

function makeTensors(): Map<string, SafetensorsSource> {
  const tensors = new Map<string, SafetensorsSource>();
  for (let index = 0; index < NUM_TENSORS; index++) {
    const values = new Float32Array(SIZE);
    for (let i = 0; i < SIZE; i++) values[i] = i + index;
    tensors.set(`layers.${index}.weight`, { dtype: "F32", shape: [1024, 4096], bytes: () => new Uint8Array(values.buffer) });
  }
  return tensors;
}

async function write(file: string, tensors: ReadonlyMap<string, SafetensorsSource>): Promise<number> {
  const start = performance.now();
  await writeSafetensors(disk, file, tensors);
  const ms = performance.now() - start;
  // What is still on its way to the disk is not the next one's.
  await disk.sync(file);
  return ms;
}

async function read(file: string): Promise<{ ms: number; sum: number }> {
  const start = performance.now();
  const { entries, read: readTensor } = await openSafetensors(disk, file);
  const tensors = await Promise.all([...entries.keys()].map((name) => readTensor(name)));
  let sum = 0;
  for (const { bytes } of tensors) {
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let i = 0; i < values.length; i += PAGE) sum += values[i]!;
  }
  return { ms: performance.now() - start, sum };
}

/** Both files are the same, and each side reads the other's. */
async function checkEquality(official: Official, ours: string, theirs: string, sum: number): Promise<void> {
  const written = await official("write", theirs);
  const sums = [written.sum, (await official("read", ours)).sum, (await read(theirs)).sum];
  if (sums.some((each) => each !== sum)) throw new Error(`The sums differ: ${[sum, ...sums].join(", ")}.`);
  if (!(await sameBytes(ours, theirs))) throw new Error("The files differ.");
  console.log("Both files are equal byte for byte, and each side reads the other's.\n");
}
