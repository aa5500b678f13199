import {
  defineAddOn,
  type AddOn,
  type AddOnBase,
  type Adds,
  type BatchSource,
  type EpochMetrics,
  type FitOptions,
  type FitResult,
  type Gradients,
  type HostPrediction,
} from "@snapfit/core";
import type { Loader, ProcessGroup } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";

/**
 * Trains on all ranks of the trainer's process group, for tests with {@link onRanks}: gives each rank its part of a loader that can be shared,
 * and sums gradients over ranks. Two ranks with batches of B equal one process with batches of 2 B, but for batch statistics.
 * Other iterables are taken as they are: give each rank its own batches.
 */
export const TestRanks: AddOn<"TestRanks", {}, {}> = defineAddOn({
  name: "TestRanks",
  apply(Base: AddOnBase): Adds {
    abstract class TestRanksTrainer extends Base {
      override fit(options: FitOptions<unknown>): Promise<FitResult> {
        share(options.train, this.processGroup);
        share(options.validation, this.processGroup);
        return super.fit(options);
      }
      override validate(source: BatchSource<unknown>): Promise<EpochMetrics> {
        share(source, this.processGroup);
        return super.validate(source);
      }
      override test(source: BatchSource<unknown>): Promise<EpochMetrics> {
        share(source, this.processGroup);
        return super.test(source);
      }
      override predict(source: BatchSource<unknown>): AsyncGenerator<HostPrediction, void, undefined> {
        share(source, this.processGroup);
        return super.predict(source);
      }
      protected override async reduceGradients(gradients: Gradients): Promise<Gradients> {
        const own = await super.reduceGradients(gradients);
        const summed = await sumOverRanks(own, this.processGroup);
        if (own !== gradients && own !== summed) for (const gradient of own.values()) gradient.dispose();
        return summed;
      }
    }
    return TestRanksTrainer;
  },
});

function share(source: unknown, { rank, size }: ProcessGroup): void {
  if (typeof (source as Partial<Loader<unknown>> | undefined)?.setShard === "function") (source as Loader<unknown>).setShard(rank, size);
}

/** The sum over ranks, in one call for all gradients, laid out by sorted name: the order of the maps may differ from rank to rank. */
async function sumOverRanks(gradients: Gradients, group: ProcessGroup): Promise<Gradients> {
  if (group.size === 1) return gradients;
  const names = [...gradients.keys()].sort();
  const parts = await Promise.all(names.map(async (name) => (await gradients.get(name)!.data()) as Float32Array));
  const joined = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  const starts = new Map<string, number>();
  let at = 0;
  names.forEach((name, i) => {
    starts.set(name, at);
    joined.set(parts[i]!, at);
    at += parts[i]!.length;
  });
  await group.allReduce(joined);
  const summed = new Map<string, tf.Tensor>();
  for (const [name, { size, shape }] of gradients) {
    const start = starts.get(name)!;
    summed.set(name, tf.tensor(joined.slice(start, start + size), shape));
  }
  return summed;
}
