import { hostTensor, type HostTensor } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { Trainer, type HostPrediction, type Prediction, type StepResult } from "../src/index.js";
import { failureOf } from "./support/regression.js";
import { batch, batches, ScalarTrainer, scalarModel, scalarOptions } from "./support/scalar.js";

const numbers = (...values: number[]) => hostTensor(Float32Array.from(values), [values.length]);

test("yields what the model says, batch by batch, in host memory", async () => {
  const trainer = new ScalarTrainer(scalarOptions({ model: scalarModel(3) }));
  const { numTensors } = await trainer.ready().then(() => tf.memory());
  const seen: HostPrediction[] = [];
  for await (const prediction of trainer.predict([batch(1, 2), batch(3)])) seen.push(prediction);
  expect(seen).toEqual([numbers(3, 6), numbers(9)]);
  expect(await trainer.predictAll(() => batches(1))).toEqual([numbers(3)]);
  expect(await trainer.predictAll([])).toEqual([]);
  expect(tf.memory().numTensors).toBe(numTensors);
});

test("reads one batch at a time, and only when asked", async () => {
  let read = 0;
  function* source() {
    for (const value of batches(1, 2, 3)) {
      read += 1;
      yield value;
    }
  }
  const iteration = new ScalarTrainer(scalarOptions()).predict(source);
  expect(read).toBe(0);
  await iteration.next();
  expect(read).toBe(1);
  await iteration.next();
  expect(read).toBe(2);
  await iteration.return();
  expect(read).toBe(2);
});

test("leaving early closes the source, ends the phase and leaves no tensor", async () => {
  let left = false;
  function* source() {
    try {
      yield* batches(1, 2, 3);
    } finally {
      left = true;
    }
  }
  const trainer = new ScalarTrainer(scalarOptions());
  const { numTensors } = await trainer.ready().then(() => tf.memory());
  for await (const prediction of trainer.predict(source)) {
    expect(prediction).toEqual(numbers(1));
    break;
  }
  expect([left, trainer.phase, trainer.training]).toEqual([true, "idle", false]);
  expect(tf.memory().numTensors).toBe(numTensors);
  await trainer.fit({ train: batches(1), epochs: 1 });
});

test("predictStep may return several named tensors, a list, or any tensor; the batch's index goes with it", async () => {
  class Several extends ScalarTrainer {
    returned: (x: tf.Tensor1D, index: number) => Prediction | readonly tf.Tensor[] = (x) => x;
    protected override predictStep(x: tf.Tensor1D, index: number): Prediction | readonly tf.Tensor[] {
      return this.returned(x, index);
    }
  }
  const trainer = new Several(scalarOptions());
  trainer.returned = (x, index) => ({ twice: x.mul(2), index: tf.scalar(index, "int32") });
  expect(await trainer.predictAll(batches(1, 2))).toEqual([
    { twice: numbers(2), index: hostTensor(Int32Array.of(0), []) },
    { twice: numbers(4), index: hostTensor(Int32Array.of(1), []) },
  ]);
  trainer.returned = (x) => [x, x.greater(1)];
  expect(await trainer.predictAll(batches(2))).toEqual([
    { output0: numbers(2), output1: { dtype: "bool", shape: [1], data: Uint8Array.of(1) } },
  ]);
  trainer.returned = (x) => x; // the batch itself
  expect(await trainer.predictAll(batches(2))).toEqual([numbers(2)]);
  trainer.returned = () => 3 as never;
  expect(await failureOf(trainer.predictAll(batches(2)))).toMatchObject({
    code: "STEP_RESULT",
    message: expect.stringContaining("predictStep returned number 3"),
  });
});

test("by default the first tensor of a record goes to the model", async () => {
  class Records extends Trainer<{ name: string; x: tf.Tensor1D; y: tf.Tensor1D }> {
    protected override trainingStep(): StepResult {
      return {};
    }
  }
  const trainer = new Records(scalarOptions({ model: scalarModel(2) }));
  expect(await trainer.predictAll([{ name: "a", x: batch(1, 2), y: batch(0, 0) }])).toEqual([numbers(2, 4)]);
  expect(await failureOf(trainer.predictAll([{ name: "b" } as never]))).toMatchObject({ code: "BATCH_SIZE" });
});

test("a model with several outputs gives them in order", async () => {
  const model = () => ({
    parameters: () => new Map<string, tf.Variable>(),
    forward: (x: tf.Tensor | tf.Tensor[]) => [x as tf.Tensor, tf.neg(x as tf.Tensor)],
  });
  expect(await new ScalarTrainer(scalarOptions({ model })).predictAll(batches(1))).toEqual([{ output0: numbers(1), output1: numbers(-1) }]);
});

test("a model without forward is an error that says what to add", async () => {
  const model = () => ({ parameters: () => new Map([["w", tf.variable(tf.scalar(1))]]) });
  expect(await failureOf(new ScalarTrainer(scalarOptions({ model })).predictAll(batches(1)))).toMatchObject({
    code: "NO_FORWARD",
    message: expect.stringContaining("forward(inputs, { training })"),
  });
});

test("a throw in the step or the source reaches the caller, and the trainer can be used again", async () => {
  const trainer = new ScalarTrainer(scalarOptions());
  function* source(): Generator<HostTensor<1>> {
    yield batch(1);
    throw new Error("the disk is gone");
  }
  const seen: HostPrediction[] = [];
  expect(
    await failureOf(
      (async () => {
        for await (const one of trainer.predict(source)) seen.push(one);
      })(),
    ),
  ).toEqual(new Error("the disk is gone"));
  expect(seen).toHaveLength(1);
  Object.assign(trainer, {
    predictStep: () => {
      throw new Error("the step");
    },
  });
  expect(await failureOf(trainer.predictAll(batches(1)))).toEqual(new Error("the step"));
  Reflect.deleteProperty(trainer, "predictStep");
  expect(await trainer.predictAll(batches(1))).toEqual([numbers(1)]);
});
