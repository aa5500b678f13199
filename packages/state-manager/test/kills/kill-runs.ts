import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RandomStream } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import { expect } from "vitest";
import { wholeCheckpoints } from "../support/whole-checkpoints.js";

/** How runs write, in turn. */
const WAYS = [
  ["ckpt", "thread"],
  ["safetensors", "inline"],
  ["safetensors", "thread"],
  ["ckpt", "inline"],
] as const;

/** The child's epochs have so many steps. */
const EPOCH_STEPS = 6;

/** Some lives are killed before they have taken up their state. */
const EARLY_SHARE = 0.1;

/** What became of the processes. */
export interface Toll {
  readonly numKills: number;
  /** Those after which there was a file that is there only while a save runs. */
  readonly numInsideSaves: number;
  readonly numRuns: number;
}

export interface KillOptions {
  readonly numKills: number;
  /** Length of a run. */
  readonly epochs: number;
  /** A run is let alone after so many. */
  readonly killsPerRun: number;
  readonly seed: number;
}

/**
 * Starts runs, kills them at random times and starts them again until they end; then the next run.
 * Checks after each kill that what was promised is there and whole, and at each end that it is that of a run that nobody killed.
 */
export async function killRuns(program: string, { numKills, epochs, killsPerRun, seed }: KillOptions): Promise<Toll> {
  const random = RandomStream.fromSeed(seed, "kills");
  const toll = { numKills: 0, numInsideSaves: 0, numRuns: 0 };
  const reference = await inScratch((folder) => new Life(program, [folder, String(epochs), ...WAYS[0]]).ended());
  expect(reference.hash, reference.text).toBeDefined();
  let saveMs = reference.saveMs!;

  for (; toll.numKills < numKills; toll.numRuns++) {
    const way = WAYS[toll.numRuns % WAYS.length]!;
    await inScratch(async (folder) => {
      let promised = 0;
      for (let left = Math.min(killsPerRun, numKills - toll.numKills); ; left--) {
        const life = new Life(program, [folder, String(epochs), ...way]);
        // About two saves further each time.
        if (left > 0) life.killAfter(random.uniform() < EARLY_SHARE ? "start" : "training", random.uniform() * 4 * saveMs);
        const { hash, from, announced, wasKilled, saveMs: seenMs, text } = await life.ended();
        const at = `${way.join(", ")}, kill ${toll.numKills + 1}:\n${text}`;
        if (seenMs !== undefined) saveMs = 0.8 * saveMs + 0.2 * seenMs;
        if (from !== undefined) expect(from, at).toBeGreaterThanOrEqual(promised);
        if (!wasKilled) return expect(hash, at).toBe(reference.hash);
        promised = Math.max(promised, announced ?? 0);
        toll.numKills += 1;
        if (isInsideSave(folder)) toll.numInsideSaves += 1;
        const steps = [...(await wholeCheckpoints(new DiskStorage(), `${folder}/checkpoints`)).values()].map(({ step }) => step);
        expect(Math.max(0, ...steps), at).toBeGreaterThanOrEqual(promised);
      }
    });
  }
  return toll;
}

/** Half-written files and folders that stepped aside have such names. */
function isInsideSave(folder: string): boolean {
  try {
    return readdirSync(join(folder, "checkpoints")).some((name) => /^\.(new|old)-/.test(name));
  } catch {
    return false; // killed before the folder was made
  }
}

async function inScratch<T>(task: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "snapfit-kills-"));
  try {
    return await task(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a process has said, and how it went. */
interface Ended {
  readonly wasKilled: boolean;
  readonly from: number | undefined;
  /** The last step with a checkpoint, by the lines. */
  readonly announced: number | undefined;
  readonly hash: string | undefined;
  /** Between two lines about saves, on average. */
  readonly saveMs: number | undefined;
  readonly text: string;
}

/** A process of the run. */
class Life {
  readonly #child;
  readonly #announcedAt: number[] = [];
  #text = "";
  #whenTraining: () => void = () => undefined;

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (part: string) => {
        this.#text += part;
        if (part.includes("training from")) this.#whenTraining();
        if (part.includes("Checkpoint saved")) this.#announcedAt.push(performance.now());
      });
    }
  }

  killAfter(event: "start" | "training", delayMs: number): void {
    const begin = (): void => {
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), delayMs);
      this.#child.once("exit", () => clearTimeout(timer));
    };
    if (event === "start") begin();
    else this.#whenTraining = begin;
  }

  async ended(): Promise<Ended> {
    const wasKilled = await new Promise<boolean>((resolve) => this.#child.once("close", (_, signal) => resolve(signal === "SIGKILL")));
    const text = this.#text;
    const [first, last] = [this.#announcedAt[0], this.#announcedAt.at(-1)];
    const saved = [...text.matchAll(/Checkpoint saved: \S*\/(checkpoint_step|epoch)_(\d+)/g)].at(-1);
    const number = (match: RegExpExecArray | null): number | undefined => (match ? Number(match[1]) : undefined);
    return {
      wasKilled,
      from: number(/training from (\d+)/.exec(text)),
      announced: saved && Number(saved[2]) * (saved[1] === "epoch" ? EPOCH_STEPS : 1),
      hash: /ended with (\w+)/.exec(text)?.[1],
      saveMs: this.#announcedAt.length > 1 ? (last! - first!) / (this.#announcedAt.length - 1) : undefined,
      text,
    };
  }
}
