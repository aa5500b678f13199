import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
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

/** So many of the kills fall at any time of a life, also before it has taken up its state; the others while one of its first saves may be under way. */
const ANY_TIME_SHARE = 0.3;
const MAX_SAVES = 6;

/** What became of the processes. */
export interface Toll {
  readonly numKills: number;
  /** Those after a save had begun and before it was announced. */
  readonly numInsideSaves: number;
  /** Of these, those that left a file which is there only while files are written. */
  readonly numInsideWrites: number;
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
  const toll = { numKills: 0, numInsideSaves: 0, numInsideWrites: 0, numRuns: 0 };
  const reference = await inScratch((folder) => new Life(program, [folder, String(epochs), ...WAYS[0]]).ended());
  expect(reference.hash, reference.text).toBeDefined();
  let { startMs, saveMs } = reference as { startMs: number; saveMs: number };

  for (; toll.numKills < numKills; toll.numRuns++) {
    const way = WAYS[toll.numRuns % WAYS.length]!;
    await inScratch(async (folder) => {
      let promised = 0;
      for (let left = Math.min(killsPerRun, numKills - toll.numKills); ; left--) {
        const life = new Life(program, [folder, String(epochs), ...way]);
        if (left > 0) {
          const isAnyTime = random.uniform() < ANY_TIME_SHARE;
          life.killAfter(isAnyTime ? 0 : 1 + random.integer(MAX_SAVES), random.uniform() * (isAnyTime ? 3 * startMs : saveMs));
        }
        const { hash, from, announced, wasKilled, isSaving, text, ...times } = await life.ended();
        const at = `${way.join(", ")}, kill ${toll.numKills + 1}:\n${text}`;
        // As busy as the machine is now.
        startMs += 0.2 * ((times.startMs ?? startMs) - startMs);
        saveMs += 0.2 * ((times.saveMs ?? saveMs) - saveMs);
        if (from !== undefined) expect(from, at).toBeGreaterThanOrEqual(promised);
        if (!wasKilled) return expect(hash, at).toBe(reference.hash);
        promised = Math.max(promised, announced ?? 0);
        toll.numKills += 1;
        if (isSaving) toll.numInsideSaves += 1;
        if (isInsideWrite(folder)) toll.numInsideWrites += 1;
        const steps = [...(await wholeCheckpoints(new DiskStorage(), `${folder}/checkpoints`)).values()].map(({ step }) => step);
        expect(Math.max(0, ...steps), at).toBeGreaterThanOrEqual(promised);
      }
    });
  }
  return toll;
}

/** Half-written files and folders that stepped aside have such names. */
function isInsideWrite(folder: string): boolean {
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
  /** Whether a save had begun that was not announced. */
  readonly isSaving: boolean;
  /** The last step with a checkpoint, by the lines. */
  readonly announced: number | undefined;
  readonly hash: string | undefined;
  /** From the start of the process to the first save, and how long saves took on average. */
  readonly startMs: number | undefined;
  readonly saveMs: number | undefined;
  readonly text: string;
}

/** A process of the run. */
class Life {
  readonly #child;
  readonly #startedAt = performance.now();
  readonly #savingAt: number[] = [];
  readonly #savedAt: number[] = [];
  #text = "";
  #onSaving: () => void = () => undefined;

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    createInterface(this.#child.stdout).on("line", (line) => this.#hear(line));
    createInterface(this.#child.stderr).on("line", (line) => this.#hear(line));
  }

  /** @param numSaves have begun before the time counts. */
  killAfter(numSaves: number, delayMs: number): void {
    this.#onSaving = () => {
      if (this.#savingAt.length !== numSaves) return;
      const timer = setTimeout(() => this.#child.kill("SIGKILL"), delayMs);
      this.#child.once("exit", () => clearTimeout(timer));
    };
    this.#onSaving();
  }

  async ended(): Promise<Ended> {
    const wasKilled = await new Promise<boolean>((resolve) => this.#child.once("close", (_, signal) => resolve(signal === "SIGKILL")));
    const text = this.#text;
    const [first] = this.#savingAt;
    const took = this.#savedAt.map((at, i) => at - this.#savingAt[i]!);
    const saved = [...text.matchAll(/Checkpoint saved: \S*\/(checkpoint_step|epoch)_(\d+)/g)].at(-1);
    const from = /training from (\d+)/.exec(text)?.[1];
    return {
      wasKilled,
      from: from === undefined ? undefined : Number(from),
      isSaving: this.#savingAt.length > this.#savedAt.length,
      announced: saved && Number(saved[2]) * (saved[1] === "epoch" ? EPOCH_STEPS : 1),
      hash: /ended with (\w+)/.exec(text)?.[1],
      startMs: first && first - this.#startedAt,
      saveMs: took.length > 0 ? took.reduce((sum, ms) => sum + ms) / took.length : undefined,
      text,
    };
  }

  #hear(line: string): void {
    this.#text += `${line}\n`;
    if (line.startsWith("Checkpoint saved")) this.#savedAt.push(performance.now());
    if (line !== "saving") return;
    this.#savingAt.push(performance.now());
    this.#onSaving();
  }
}
