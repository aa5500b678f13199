import { spawn, type ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";

const QUERY = "index,utilization.gpu,utilization.memory,memory.used,memory.total,temperature.gpu,power.draw,power.limit";
const MiB = 1024 ** 2;

/** What `nvidia-smi` says of NVIDIA's GPUs, where it is installed. One process of it runs beside this one and goes with it; starting one each time would cost the loop milliseconds. */
export class GpuFigures {
  readonly #process: ChildProcess | undefined;
  #latest: Record<string, number> = {};

  constructor(everyMs: number) {
    try {
      this.#process = this.#start(Math.max(1, Math.round(everyMs / 1000)));
    } catch {} // no more processes allowed
  }

  /** By names such as `gpu.0.temp`; nothing without a GPU. */
  get latest(): Readonly<Record<string, number>> {
    return this.#latest;
  }

  close(): void {
    if (this.#process?.pid !== undefined) this.#process.kill(); // of a process that could not be started, kill() would end this one and its group
  }

  #start(everySeconds: number): ChildProcess {
    const args = [`--query-gpu=${QUERY}`, "--format=csv,noheader,nounits", `--loop=${everySeconds}`];
    const child = spawn("nvidia-smi", args, { stdio: ["ignore", "pipe", "ignore"], windowsHide: true });
    child.on("error", () => undefined); // there is none
    child.unref();
    (child.stdout as Socket).unref();
    createInterface(child.stdout).on("line", (line) => Object.assign(this.#latest, figuresOf(line)));
    return child;
  }
}

/** Of one GPU. What it does not measure, such as the power of some, is left out. */
function figuresOf(line: string): Record<string, number> {
  const [index, busy, memoryBusy, used, total, temperature, power, limit] = line.split(",").map((field) => Number.parseFloat(field));
  const figures: Record<string, number | undefined> = {
    gpu: busy,
    memory: memoryBusy,
    memoryAllocated: (100 * used!) / total!,
    memoryAllocatedBytes: used! * MiB,
    temp: temperature,
    powerWatts: power,
    powerPercent: (100 * power!) / limit!,
  };
  const known = Object.entries(figures).filter((entry): entry is [string, number] => Number.isFinite(index) && Number.isFinite(entry[1]));
  return Object.fromEntries(known.map(([name, value]) => [`gpu.${index}.${name}`, value]));
}
