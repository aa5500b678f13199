import { equalStates, hostTensor, RandomStream, type StateRecord } from "@snapfit/base";
import { arrays, loader } from "@snapfit/data";
import { adam, constant, sgd, type Optimizer } from "@snapfit/optim";
import { expectNoTensorLeak } from "@snapfit/test-utils";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { Trainer, type BatchOutputs, type Gradients, type NamedOptimizer, type StepResult, type Window } from "../src/index.js";
import { maxDistance, plain, quietly } from "./support/regression.js";

interface Pair {
  real: tf.Tensor2D;
  noise: tf.Tensor2D;
}

const NAMES = ["D.w1", "D.w2", "G.w1", "G.w2"] as const;
type Name = (typeof NAMES)[number];
const SHAPES: Record<Name, [number, number]> = { "D.w1": [2, 4], "D.w2": [4, 1], "G.w1": [3, 4], "G.w2": [4, 2] };

/** A small generator and discriminator on variables of a fixed seed. */
class Players {
  readonly variables = new Map<Name, tf.Variable>(
    NAMES.map((name) => {
      const random = RandomStream.fromSeed(3, name);
      const values = Float32Array.from({ length: SHAPES[name][0] * SHAPES[name][1] }, () => 0.5 * random.normal());
      return [name, tf.tidy(() => tf.variable(tf.tensor2d(values, SHAPES[name])))];
    }),
  );
  parameters(): Map<string, tf.Variable> {
    return this.variables;
  }
  judge(x: tf.Tensor2D): tf.Tensor2D {
    return tf.matMul(tf.tanh(tf.matMul(x, this.variables.get("D.w1")!)), this.variables.get("D.w2")!);
  }
  make(noise: tf.Tensor2D): tf.Tensor2D {
    return tf.matMul(tf.tanh(tf.matMul(noise, this.variables.get("G.w1")!)), this.variables.get("G.w2")!);
  }
  /** Sigmoid cross-entropy: the judge tells real from made, the maker wants to be taken for real. */
  judgeLoss({ real, noise }: Pair): tf.Scalar {
    return tf
      .softplus(this.judge(real).neg())
      .mean<tf.Scalar>()
      .add(tf.softplus(this.judge(this.make(noise))).mean());
  }
  makerLoss({ noise }: Pair): tf.Scalar {
    return tf.softplus(this.judge(this.make(noise)).neg()).mean();
  }
}

class Gan extends Trainer<Pair> {
  readonly calls: string[] = [];
  onEnd: () => unknown = () => undefined;
  /** Steps in which the generator rests. */
  rests: (index: number) => boolean = () => false;
  protected override configureOptimizers(): Record<string, NamedOptimizer> {
    return {
      D: { optimizer: adam({ learningRate: 0.02, beta1: 0.5 }), parameters: (path) => path.startsWith("D.") },
      G: { optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), parameters: (path) => path.startsWith("G."), schedule: constant() },
    };
  }
  protected override trainingStep(batch: Pair, index: number, name: string): StepResult {
    this.calls.push(`step ${name}`);
    expect(this.activeOptimizer).toBe(name);
    const model = this.model as unknown as Players;
    if (name === "D") return { loss: model.judgeLoss(batch), outputs: { real: batch.real } };
    if (this.rests(index)) return { rested: 1 };
    return { loss: model.makerLoss(batch) };
  }
  protected override transferBatch(batch: unknown): unknown {
    this.calls.push("transfer");
    return super.transferBatch(batch);
  }
  protected override onTrainBatchStart(): void {
    this.calls.push("start");
  }
  protected override onTrainBatchEnd(_outputs: BatchOutputs, { real }: Pair): void {
    expect(real.isDisposed).toBe(false);
    this.calls.push("end");
    this.onEnd();
  }
  protected override onOptimizerStep({ skipped }: { readonly skipped: boolean }): void {
    this.calls.push(skipped ? "skipped" : "stepped");
  }
}

function pairs(count: number, size = 4) {
  const random = RandomStream.fromSeed(8);
  const values = (length: number, shift: number) => Float32Array.from({ length }, () => random.normal() + shift);
  return Array.from({ length: count }, () => ({
    real: hostTensor(values(size * 2, 1), [size, 2]),
    noise: hostTensor(values(size * 3, 0), [size, 3]),
  }));
}

const options = (extra: object = {}) => quietly({ model: () => new Players() as never, ...extra });

/** The same by hand: stock operations, our optimizers; windows of `accumulate` equal batches. */
function byHand(batches: ReturnType<typeof pairs>, accumulate = 1, rests: (step: number) => boolean = () => false) {
  const players = new Players();
  const optimizers: Record<string, Optimizer> = {
    D: adam({ learningRate: 0.02, beta1: 0.5 }),
    G: sgd({ learningRate: 0.05, momentum: 0.9 }),
  };
  const losses: Record<string, number[]> = { D: [], G: [] };
  for (let at = 0; at < batches.length; at += accumulate) {
    const window = batches
      .slice(at, at + accumulate)
      .map(({ real, noise }) => ({ real: tf.tensor2d(real.data, [...real.shape]), noise: tf.tensor2d(noise.data, [...noise.shape]) }));
    for (const [name, optimizer] of Object.entries(optimizers)) {
      if (name === "G" && rests(at)) continue;
      const own = new Map([...players.variables].filter(([path]) => path.startsWith(name)));
      const { value, grads } = tf.variableGrads(
        () =>
          tf
            .addN(window.map((batch) => (name === "D" ? players.judgeLoss(batch) : players.makerLoss(batch))))
            .div<tf.Scalar>(window.length),
        [...own.values()],
      );
      losses[name]!.push(value.dataSync()[0]!);
      optimizer.apply(new Map([...own].map(([path, variable]) => [path, grads[variable.name]!])), own, 1);
    }
  }
  return { weights: Object.fromEntries([...players.variables].map(([path, variable]) => [path, Array.from(variable.dataSync())])), losses };
}

function expectClose(actual: Record<string, number[]>, expected: Record<string, number[]>): void {
  for (const [path, values] of Object.entries(expected)) expect(maxDistance(actual[path]!, values), path).toBeLessThan(1e-6);
}

describe("a small GAN with two optimizers", () => {
  test("equals a loop written by hand over 20 steps", async () => {
    await using trainer = new Gan(options());
    await trainer.fit({ train: pairs(20), epochs: 1 });
    const { weights, losses } = byHand(pairs(20));
    expectClose(plain(await trainer.modelWeights()), weights);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(trainer.history.train["D_loss"]![0]).toBeCloseTo(mean(losses["D"]!), 6);
    expect(trainer.history.train["G_loss"]![0]).toBeCloseTo(mean(losses["G"]!), 6);
    expect(Object.keys(trainer.history.train)).toEqual(["D_loss", "G_loss"]);
    expect(trainer.progress).toMatchObject({ step: 20, batch: 20, samples: 80 });
  });

  test("equals it with accumulation, too", async () => {
    await using trainer = new Gan(options({ accumulate: 2 }));
    await trainer.fit({ train: pairs(20), epochs: 1 });
    expectClose(plain(await trainer.modelWeights()), byHand(pairs(20), 2).weights);
    expect(trainer.progress.step).toBe(10);
  });

  test("transfers each batch once and calls each hook once", async () => {
    await using trainer = new Gan(options({ accumulate: 2 }));
    await trainer.fit({ train: pairs(3), epochs: 1 });
    expect(trainer.calls).toEqual([
      "transfer",
      "start",
      "step D",
      "transfer",
      "start",
      "step D",
      "step G",
      "end",
      "step G",
      "end",
      "stepped",
      "transfer",
      "start",
      "step D",
      "step G",
      "end",
      "stepped",
    ]);
  });

  test("skips the one whose step has no loss; the window is a step all the same", async () => {
    await using trainer = new Gan(options());
    trainer.rests = (index) => index % 2 === 1;
    await trainer.fit({ train: pairs(10), epochs: 1 });
    expectClose(plain(await trainer.modelWeights()), byHand(pairs(10), 1, (step) => step % 2 === 1).weights);
    expect(trainer.progress.step).toBe(10);
    expect(trainer.history.train["rested"]).toEqual([1]);
  });

  test("leaves no tensor behind, also when a pass is repeated", async () => {
    class Twice extends Gan {
      protected override async computeGradients(window: Window): Promise<Gradients | undefined> {
        await super.computeGradients(window);
        return super.computeGradients(window);
      }
    }
    await using trainer = new Twice(options());
    await trainer.fit({ train: pairs(1), epochs: 1 });
    await expectNoTensorLeak(() => trainer.fit({ train: pairs(19), epochs: 1 }));
    await using once = new Gan(options());
    await once.fit({ train: pairs(1), epochs: 1 });
    await once.fit({ train: pairs(19), epochs: 1 });
    expect(plain(await trainer.modelWeights())).toEqual(plain(await once.modelWeights()));
    expect(trainer.history).toEqual(once.history);
  });

  test("resumes in the middle of a run to the same bits", async () => {
    const [joined] = pairs(1, 40);
    const data = () => loader(arrays({ ...joined! }), { batchSize: 4, shuffle: true, seed: 1 });
    const run = async (stopAt?: number, from?: StateRecord) => {
      await using trainer = new Gan(options({ accumulate: 3 }));
      if (from) await trainer.applyState(from);
      const controller = new AbortController();
      trainer.onEnd = () => trainer.progress.step === stopAt && controller.abort("pause");
      await trainer.fit({ train: data() as never, epochs: 2, signal: controller.signal });
      const { environment: _, ...state } = await trainer.captureState();
      return state;
    };
    const whole = await run();
    for (let stopAt = 0; stopAt < 8; stopAt++)
      expect(equalStates(whole, await run(undefined, await run(stopAt))), `stopped in step ${stopAt}`).toBeUndefined();
  });

  test("shows rates by optimizer and group, and draws other random numbers for each", async () => {
    class Noisy extends Gan {
      readonly noise: Record<string, number[]> = { D: [], G: [] };
      protected override trainingStep(batch: Pair, index: number, name: string): StepResult {
        this.noise[name]!.push(
          Math.random(),
          this.dropout(tf.ones([4, 1]), 0.5)
            .sum()
            .dataSync()[0]!,
        );
        return super.trainingStep(batch, index, name);
      }
    }
    await using trainer = new Noisy(options());
    await trainer.fit({ train: pairs(6), epochs: 1 });
    expect(trainer.learningRates).toEqual({ "D/default": 0.02, "G/default": 0.05 });
    expect(trainer.noise["D"]).not.toEqual(trainer.noise["G"]);
    await using again = new Noisy(options());
    await again.fit({ train: pairs(6), epochs: 1 });
    expect(again.noise).toEqual(trainer.noise);
  });
});
