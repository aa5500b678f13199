import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { waveBatch, type waveTrainer } from "../src/wave-trainer.js";

/** What continue.py prints. */
export interface Continued {
  readonly forward: readonly number[];
  readonly losses: readonly number[];
  /** By PyTorch's names, in our layout. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

/** Trains to the checkpoint, lets PyTorch go on from it, and goes on here. */
export async function expectSameAsPyTorch(
  trainer: ReturnType<typeof waveTrainer>,
  continueFrom: (checkpoint: string) => Continued | Promise<Continued>,
): Promise<void> {
  const batch = waveBatch();
  await trainer.fit({ train: [batch], epochs: 50 });
  const { forward, losses, weights } = await continueFrom(trainer.stateManager.list().at(-1)!.path);
  const outputs = await ((trainer.model as tf.LayersModel).predict(tf.tensor2d(batch.x.data, [64, 4])) as tf.Tensor).data();
  expect(largestDifference(outputs, forward)).toBeLessThan(1e-6);

  await trainer.fit({ train: [batch], epochs: 100 });
  expect(largestDifference(trainer.history.train["loss"]!.slice(50), losses)).toBeLessThan(1e-5);
  const own = await trainer.modelWeights();
  for (const [name, path] of Object.entries({
    "0.weight": "layers.0.kernel",
    "0.bias": "layers.0.bias",
    "2.weight": "layers.1.kernel",
    "2.bias": "layers.1.bias",
  }))
    expect(largestDifference(own[path]!.data, weights[name]!), name).toBeLessThan(1e-5);
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}
