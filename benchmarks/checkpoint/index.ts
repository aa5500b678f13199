import { execFile } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Trainer, type Logger, type SavePointKind, type StepResult } from "@snapfit/core";
import { adamW } from "@snapfit/optim";
import { StateManager } from "@snapfit/state-manager";
import * as tf from "@tensorflow/tfjs";
import { inTurn, row, type Benchmark } from "../row.js";
import { environmentPython } from "../step/python-environment.js";
import { torchPython } from "../step/torch-environment.js";
import { Unavailable } from "../step/unavailable.js";

/** 8 matrices of 1024 x 1024 with the two moments of AdamW: 100.7 MB. */
const NUM_MATRICES = 8;
const SIZE = 1024;
const STATE_BYTES = NUM_MATRICES * SIZE * SIZE * 4 * 3;
/** In each round a side saves once to have its memory at hand, and then so often for the figures. */
const SAVES = 4;
const ROUNDS = 4;

export default {
  title: `Saving a state of ${(STATE_BYTES / 1e6).toFixed(0)} MB: how long the training waits. Peers: torch.save and the official safetensors, of the same tensors, to the same disk`,
  async run({ scratch }) {
    const folder = join(scratch, "checkpoint-files");
    mkdirSync(folder, { recursive: true });
    try {
      const run = await SavingRun.start(folder);
      const sides: Record<string, () => Promise<readonly number[]>> = { snapfit: () => run.saves() };
      for (const peer of [await torchSave(scratch, folder), await officialSave(scratch, folder)]) if (peer) sides[peer.name] = peer.save;
      const first = await run.save();
      const times = await inTurn(ROUNDS, 0, sides);
      const bytes = run.fileBytes();
      await run.end();
      console.log(`The first save of a run waits for ${first.toFixed(0)} ms: memory for the copy is new then.`);
      console.log(`The checkpoint has ${bytes} bytes, ${((bytes / STATE_BYTES - 1) * 100).toFixed(3)} % over the tensors' own.\n`);
      return Object.entries(times).map(([engine, timesMs]) => row("save-100MB", engine, timesMs));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
} satisfies Benchmark;

/** A run that trains one step for each save that is asked for. */
class SavingRun {
  readonly #folder: string;
  readonly #fit: Promise<unknown>;
  #next!: (isLast: boolean) => void;
  #gate: Promise<boolean>;
  #saved!: () => void;
  #blockedMs = NaN;

  static async start(folder: string): Promise<SavingRun> {
    const run = new SavingRun(folder);
    await run.save(); // the moments come with the first step
    return run;
  }

  private constructor(folder: string) {
    this.#folder = folder;
    this.#gate = this.#newGate();
    const trainer = this.#trainer();
    this.#fit = trainer.fit({ train: () => this.#batches(), epochs: 1 });
  }

  /** @returns how long the loop has waited; the writing is over by then, too */
  async save(): Promise<number> {
    const saved = new Promise<void>((resolve) => (this.#saved = resolve));
    this.#next(false);
    await saved;
    return this.#blockedMs;
  }

  async saves(): Promise<readonly number[]> {
    await this.save();
    const times: number[] = [];
    while (times.length < SAVES) times.push(await this.save());
    return times;
  }

  fileBytes(): number {
    return statSync(join(this.#folder, `checkpoint_step_${2 + ROUNDS * (1 + SAVES)}.ckpt`)).size;
  }

  async end(): Promise<void> {
    this.#next(true);
    await this.#fit;
  }

  #newGate(): Promise<boolean> {
    return new Promise((resolve) => (this.#next = resolve));
  }

  async *#batches(): AsyncGenerator<tf.Tensor1D> {
    const batch = tf.ones([1]) as tf.Tensor1D;
    while (!(await this.#gate)) {
      this.#gate = this.#newGate();
      yield batch;
    }
  }

  #trainer() {
    const line = (text: string): void => {
      if (text.startsWith("Checkpoint saved")) this.#saved();
    };
    const logger: Logger = { debug: line, info: line, warning: console.warn, error: console.error };
    const onSave = (ms: number): void => void (this.#blockedMs = ms);
    const variables = new Map(
      Array.from({ length: NUM_MATRICES }, (_, i) => [
        `layers.${i}.kernel`,
        tf.variable(tf.randomNormal([SIZE, SIZE], 0, 1, "float32", i + 1)),
      ]),
    );
    class Saving extends Trainer.addOn(StateManager)<tf.Tensor1D> {
      protected override trainingStep(batch: tf.Tensor1D): StepResult {
        return { loss: tf.addN([...variables.values()].map((each) => each.mul(each).mean())).mul(batch.mean()) as tf.Scalar };
      }
      protected override async savePoint(kind: SavePointKind): Promise<void> {
        const start = performance.now();
        await super.savePoint(kind);
        onSave(performance.now() - start);
      }
    }
    return new Saving({
      model: { parameters: () => variables },
      optimizer: adamW(),
      logger,
      signals: false,
      logEvery: 1_000,
      stateManager: { directory: this.#folder, everySteps: 1, everyEpochs: 0, keep: 1, resume: "never", best: { keep: 0 } },
      outputDir: this.#folder,
    });
  }
}

interface Peer {
  readonly name: string;
  readonly save: () => Promise<readonly number[]>;
}

async function torchSave(scratch: string, folder: string): Promise<Peer | undefined> {
  return peer("torch.save", () => torchPython(scratch), scratch, join(folder, "torch.pt"));
}

async function officialSave(scratch: string, folder: string): Promise<Peer | undefined> {
  const packages = { name: "safetensors", packageName: "safetensors", version: "0.8.0", beside: ["numpy==2.4.6"] };
  return peer("safetensors", () => environmentPython(scratch, packages), scratch, join(folder, "official.safetensors"));
}

async function peer(name: string, python: () => Promise<string>, scratch: string, file: string): Promise<Peer | undefined> {
  try {
    const program = await python();
    const script = join(scratch, "../benchmarks/checkpoint/peers.py");
    const save = async (): Promise<readonly number[]> => {
      const { stdout } = await promisify(execFile)(program, [script, name, file, String(NUM_MATRICES), String(SIZE), String(SAVES)]);
      return JSON.parse(stdout) as number[];
    };
    await save();
    return { name, save };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.log(`${name}: ${error.message}`);
    return undefined;
  }
}
