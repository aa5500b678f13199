import * as tf from "@tensorflow/tfjs";
import { waveBatch, type waveTrainer } from "../src/wave-trainer.js";

/** What continue.py prints. */
export interface Continued {
  readonly forward: readonly number[];
  readonly losses: readonly number[];
  /** By PyTorch's names, in our layout. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

/** Trains to the checkpoint, lets PyTorch go on from it, and goes on here. @returns the largest differences: 1e-6 and 1e-5 are asked for */
export async function differenceToPyTorch(
  trainer: ReturnType<typeof waveTrainer>,
  continueFrom: (checkpoint: string) => Continued | Promise<Continued>,
): Promise<{ readonly forward: number; readonly losses: number; readonly weights: number }> {
  const batch = waveBatch();
  await trainer.fit({ train: [batch], epochs: 50 });
  const { forward, losses, weights } = await continueFrom(trainer.stateManager.list().at(-1)!.path);
  const outputs = await ((trainer.model as tf.LayersModel).predict(tf.tensor2d(batch.x.data, [64, 4])) as tf.Tensor).data();
  await trainer.fit({ train: [batch], epochs: 100 });
  const own = await trainer.modelWeights();
  const paths = { "0.weight": "layers.0.kernel", "0.bias": "layers.0.bias", "2.weight": "layers.1.kernel", "2.bias": "layers.1.bias" };
  return {
    forward: largestDifference(outputs, forward),
    losses: largestDifference(trainer.history.train["loss"]!.slice(50), losses),
    weights: Math.max(...Object.entries(paths).map(([name, path]) => largestDifference(own[path]!.data, weights[name]!))),
  };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}
