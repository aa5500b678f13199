// The trainer against loaders whose position can be saved: rule 22 of docs/loop.md.
import { hostTensor, type HostTensor, type Loader, type StateRecord } from "@snapfit/base";
import { arrays, loader } from "@snapfit/data";
import { expect, test } from "vitest";
import { failureOf } from "./support/regression.js";
import { batch, ScalarTrainer, scalarOptions } from "./support/scalar.js";

/** A loader of single numbers that writes down how it is used. */
class Watched implements Loader<HostTensor<1>> {
  readonly calls: string[] = [];
  readonly length = 3;
  readonly numSamples = 6;
  setShard(): void {}
  async *[Symbol.asyncIterator](): AsyncGenerator<HostTensor<1>> {
    this.calls.push("pass");
    for (let i = 0; i < 3; i++) yield batch(i, i);
  }
  saveState(numSamples: number): StateRecord {
    this.calls.push(`save ${numSamples}`);
    return { numSamples };
  }
  loadState(state: StateRecord): void {
    this.calls.push(`load ${state["numSamples"]}`);
  }
}

test("is asked for its state by the samples of the running pass that were used, and between passes for the next one", async () => {
  const watched = new Watched();
  const states: unknown[] = [];
  class Saving extends ScalarTrainer {
    protected override async savePoint(kind: string): Promise<void> {
      const { perRank } = await this.captureState();
      states.push([kind, (perRank as { loader: unknown }[])[0]!.loader]);
    }
  }
  const trainer = new Saving(scalarOptions({ accumulate: 2 }));
  await trainer.fit({ train: watched, epochs: 2 });
  const epoch = [
    ["step", { numSamples: 4 }],
    ["step", { numSamples: 6 }],
    ["epoch", { numSamples: 0 }],
  ];
  expect(states).toEqual([...epoch, ...epoch, ["fitEnd", { numSamples: 0 }]]);
  expect(watched.calls.filter((call) => !call.startsWith("save"))).toEqual(["pass", "pass"]);
});

test("gets its state back when the fit begins, before its first pass", async () => {
  const first = new ScalarTrainer(scalarOptions());
  await first.fit({ train: new Watched(), epochs: 3, signal: AbortSignal.abort("stop") });
  const watched = new Watched();
  const trainer = new ScalarTrainer(scalarOptions());
  await trainer.applyState(await first.captureState());
  expect(watched.calls).toEqual([]);
  await trainer.fit({ train: watched, epochs: 3 });
  expect(watched.calls.slice(0, 2)).toEqual(["load 0", "pass"]);
});

test("an interrupted validation begins with the same batches again", async () => {
  const seen: number[] = [];
  const controller = new AbortController();
  class Seeing extends ScalarTrainer {
    protected override onValidationBatchEnd(_outputs: unknown, x: { dataSync(): ArrayLike<number> }, index: number): void {
      seen.push(x.dataSync()[0]!);
      if (index === 1) controller.abort();
    }
  }
  const validation = () =>
    loader(arrays({ values: Float32Array.from({ length: 8 }, (_, i) => i) }), { batchSize: 1, shuffle: true, seed: 3 });
  const columns = (source: ReturnType<typeof validation>) =>
    ({
      [Symbol.asyncIterator]: async function* () {
        for await (const { values } of source) yield values;
      },
      length: 8,
      numSamples: 8,
      setShard: () => undefined,
      saveState: (samples: number) => source.saveState(samples),
      loadState: (state: StateRecord) => source.loadState(state),
    }) satisfies Loader<HostTensor<1>>;
  const train = [batch(1)];
  const first = new Seeing(scalarOptions());
  await first.fit({ train, validation: columns(validation()), epochs: 2, signal: controller.signal });
  const interrupted = seen.splice(0);
  const later = new Seeing(scalarOptions());
  await later.applyState(await first.captureState());
  await later.fit({ train, validation: columns(validation()), epochs: 2 });
  const whole = new Seeing(scalarOptions());
  const resumed = seen.splice(0);
  await whole.fit({ train, validation: columns(validation()), epochs: 2 });
  expect(resumed).toEqual(seen);
  expect(interrupted).toEqual(seen.slice(0, 2));
  expect(resumed.slice(0, 8)).not.toEqual(resumed.slice(8));
});

test("what a loader throws reaches the caller as it is", async () => {
  const broken = {
    [Symbol.iterator]: () => ({
      next: () => {
        throw new Error("row 7 is broken");
      },
    }),
  } as Iterable<HostTensor<1>>;
  const trainer = new ScalarTrainer(scalarOptions());
  expect(await failureOf(trainer.fit({ train: broken, epochs: 1 }))).toEqual(new Error("row 7 is broken"));
  expect(await failureOf(trainer.validate(broken))).toEqual(new Error("row 7 is broken"));
  await trainer.fit({ train: [hostTensor(Float32Array.of(1), [1])], epochs: 1 });
});
