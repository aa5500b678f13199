import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import "@snapfit/native";
import { nativeStatus, profileKernels, setThreads } from "@snapfit/native";

type Options = Readonly<Record<string, unknown>>;
type Make = (options: Options) => tf.layers.Layer;

// The standard initializer takes seconds; the weights are set anyway.
const makers: Readonly<Record<"LSTM" | "GRU", Make>> = {
  LSTM: (options) => tf.layers.lstm({ recurrentInitializer: "zeros", ...options } as never),
  GRU: (options) => tf.layers.gru({ recurrentInitializer: "zeros", ...options } as never),
};
const kinds = Object.keys(makers) as (keyof typeof makers)[];

/** Values between -scale and scale that are the same on every backend. */
function values(shape: number[], seed: number, scale = 1): tf.Tensor {
  let state = (seed * 2654435761) >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  };
  return tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, next), shape);
}

function fill(layer: tf.layers.Layer): void {
  layer.setWeights(layer.getWeights().map((weight, i) => values(weight.shape, 11 + i, 0.6)));
}

interface Case {
  readonly batch: number;
  readonly time: number;
  readonly features: number;
  readonly units: number;
  readonly options?: Options;
  readonly withStates?: boolean;
  readonly training?: boolean;
  readonly isBidirectional?: boolean;
}

/** Outputs, and the gradients of a random read-out of them, on a backend: numbers by name. */
async function run(backend: string, kind: keyof typeof makers, testCase: Case): Promise<Record<string, Float32Array>> {
  await tf.setBackend(backend);
  const { batch, time, features, units, options = {}, withStates = false, training = false, isBidirectional = false } = testCase;
  const numStates = (kind === "LSTM" ? 2 : 1) * (isBidirectional ? 2 : 1);
  const recurrent = makers[kind]({ units, ...options });
  const layer = isBidirectional ? tf.layers.bidirectional({ layer: recurrent as never, mergeMode: "concat" }) : recurrent;
  const x = values([batch, time, features], 1);
  const states = withStates ? Array.from({ length: numStates }, (_, i) => values([batch, units], 2 + i)) : [];
  layer.build(x.shape);
  fill(layer);
  const call = (input: tf.Tensor, initialState: tf.Tensor[]): tf.Tensor[] =>
    [layer.call(input, { training, ...(withStates && { initialState }) })].flat();
  const results: Record<string, Float32Array> = {};
  call(x, states).forEach((output, i) => (results[`output ${i}`] = output.dataSync() as Float32Array));
  const loss = (input: tf.Tensor, initialState: tf.Tensor[]): tf.Scalar =>
    tf.addN(call(input, initialState).map((output, i) => tf.sum(tf.mul(output, values(output.shape, 20 + i))))) as tf.Scalar;
  const { grads } = tf.variableGrads(() => loss(x, states));
  // Names of variables are numbered: by order.
  Object.values(grads).forEach((gradient, i) => (results[`weight ${i}`] = gradient.dataSync() as Float32Array));
  const ofInputs = tf.grads((input, ...initialState) => loss(input, initialState))([x, ...states]);
  ofInputs.forEach((gradient, i) => (results[`input ${i}`] = gradient.dataSync() as Float32Array));
  return results;
}

/** The largest difference from the cpu backend in any result or gradient, relative to the largest value there, if that is above 1. */
async function differenceFromCpu(kind: keyof typeof makers, testCase: Case, isFused = true): Promise<number> {
  const expected = await run("cpu", kind, testCase);
  tf.disposeVariables();
  let actual: Record<string, Float32Array> = {};
  const uses = await profileKernels(async () => {
    actual = await run("native", kind, testCase);
  });
  expect(uses.some(({ kernel }) => kernel === `Fused${kind === "LSTM" ? "Lstm" : "Gru"}Grad`)).toBe(isFused);
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  const differences = Object.entries(expected).map(([name, wanted]) => {
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    return wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[name]![i]!)), 0) / scale;
  });
  return Math.max(...differences);
}

beforeAll(async () => {
  await tf.setBackend("native");
});
afterEach(() => tf.disposeVariables());

describe.each(kinds)("%s on the native engine", (kind) => {
  it("equals the cpu backend's layer over many sizes, growing and shrinking", async () => {
    const sizes = [
      [1, 2, 1, 1],
      [3, 4, 5, 7],
      [2, 3, 20, 33],
      [9, 6, 4, 70],
      [1, 9, 3, 16],
      [17, 2, 33, 5],
      [3, 4, 5, 7],
      [40, 3, 8, 40],
    ] as const;
    for (const [batch, time, features, units] of sizes)
      for (const returnSequences of [false, true])
        expect(
          await differenceFromCpu(kind, { batch, time, features, units, options: { returnSequences, returnState: returnSequences } }),
        ).toBeLessThan(1e-5);
  });

  it("equals it with initial states, in both directions, with and without results of each kind", async () => {
    const sizes = { batch: 3, time: 5, features: 4, units: 6 };
    for (const goBackwards of [false, true])
      for (const returnSequences of [false, true])
        for (const returnState of [false, true])
          for (const withStates of [false, true])
            expect(
              await differenceFromCpu(kind, { ...sizes, withStates, options: { goBackwards, returnSequences, returnState } }),
            ).toBeLessThan(1e-5);
  });

  it("equals it with every activation that is fused, without bias, in both implementations", async () => {
    const sizes = { batch: 4, time: 3, features: 5, units: 18 };
    for (const activation of ["tanh", "relu", "sigmoid", "linear", "hardSigmoid"])
      for (const recurrentActivation of ["hardSigmoid", "sigmoid", "tanh"])
        expect(
          await differenceFromCpu(kind, { ...sizes, options: { activation, recurrentActivation, returnSequences: true } }),
        ).toBeLessThan(1e-5);
    for (const implementation of [1, 2])
      expect(await differenceFromCpu(kind, { ...sizes, options: { implementation, useBias: false } })).toBeLessThan(1e-5);
  });

  it("equals it inside a bidirectional layer", async () => {
    for (const returnSequences of [false, true])
      expect(
        await differenceFromCpu(kind, { batch: 3, time: 4, features: 5, units: 9, isBidirectional: true, options: { returnSequences } }),
      ).toBeLessThan(1e-5);
    const withStates = { batch: 2, time: 4, features: 5, units: 9, isBidirectional: true, withStates: true };
    expect(await differenceFromCpu(kind, { ...withStates, options: { returnSequences: true, returnState: true } })).toBeLessThan(1e-5);
  });

  it("has the gradients of finite differences, over one step too, where tf.layers cannot be differentiated", async () => {
    for (const [batch, time, features, units] of [
      [1, 1, 3, 5],
      [2, 1, 4, 17],
      [3, 4, 2, 6],
    ] as const) {
      const options = { units, recurrentActivation: "sigmoid", returnSequences: true, returnState: true };
      const layer = makers[kind](options);
      const x = values([batch, time, features], 1);
      layer.build(x.shape);
      fill(layer);
      const states = Array.from({ length: kind === "LSTM" ? 2 : 1 }, (_, i) => values([batch, units], 2 + i));
      /** Read out in double precision. */
      const loss = (input: tf.Tensor, initialState: tf.Tensor[]): number =>
        [layer.call(input, { initialState })].flat().reduce((sum, output, i) => {
          const readOut = values(output.shape, 20 + i).dataSync();
          return sum + (output.dataSync() as Float32Array).reduce((part, value, j) => part + value * readOut[j]!, 0);
        }, 0);
      const inputs = [x, ...states];
      const gradients = tf.grads((...all) =>
        tf.addN(
          [layer.call(all[0]!, { initialState: all.slice(1) })]
            .flat()
            .map((output, i) => tf.sum(tf.mul(output, values(output.shape, 20 + i)))),
        ),
      )(inputs);
      const weights = layer.getWeights().map((weight) => weight.clone());
      const { grads } = tf.variableGrads(
        () =>
          tf.addN(
            [layer.call(x, { initialState: states })].flat().map((output, i) => tf.sum(tf.mul(output, values(output.shape, 20 + i)))),
          ) as tf.Scalar,
      );
      const step = 1e-2;
      const along = (from: tf.Tensor, direction: tf.Tensor, sign: number): tf.Tensor => tf.add(from, tf.mul(direction, sign * step));
      const check = async (gradient: tf.Tensor, direction: tf.Tensor, at: (sign: number) => number): Promise<void> => {
        const slope = (at(1) - at(-1)) / (2 * step);
        const told = (await tf.sum(tf.mul(gradient, direction)).data())[0]!;
        expect(Math.abs(told - slope) / Math.max(1, Math.abs(slope)), `${kind} ${[batch, time, features, units]}`).toBeLessThan(1e-3);
      };
      for (const [i, input] of inputs.entries()) {
        const direction = values(input.shape, 40 + i);
        await check(gradients[i]!, direction, (sign) => {
          const moved = inputs.map((other, j) => (j === i ? along(input, direction, sign) : other));
          return loss(moved[0]!, moved.slice(1));
        });
      }
      for (const [i, weight] of weights.entries()) {
        const direction = values(weight.shape, 50 + i);
        await check(Object.values(grads)[i]!, direction, (sign) => {
          layer.setWeights(weights.map((other, j) => (j === i ? along(weight, direction, sign) : other)));
          const value = loss(x, states);
          layer.setWeights(weights);
          return value;
        });
      }
    }
  });

  it("gives the same bits for one thread and two, and from run to run", async () => {
    const layer = makers[kind]({ units: 70, returnSequences: true });
    const x = values([24, 20, 12], 1);
    layer.build(x.shape);
    fill(layer);
    const results = (): number[][] => {
      const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(layer.call(x, {}) as tf.Tensor)));
      // A product over all steps adds in an order of oneDNN's; the bias adds in ours.
      return [value, Object.values(grads)[2]!].map((tensor) => [...tensor.dataSync()]);
    };
    const before = results();
    expect(results()).toEqual(before);
    const { source: _, count } = nativeStatus().threads;
    setThreads(1);
    const single = results();
    setThreads(count);
    expect(single).toEqual(before);
  });

  it("carries NaN and infinity to the rows that they come in with, and no further", async () => {
    const layer = makers[kind]({ units: 5, recurrentActivation: "sigmoid" });
    const x = values([3, 2, 4], 1).arraySync() as number[][][];
    layer.build([3, 2, 4]);
    fill(layer);
    const clean = await (layer.call(tf.tensor(x), {}) as tf.Tensor).array();
    x[1]![0]![2] = NaN;
    x[2]![1]![0] = Infinity;
    const output = (await (layer.call(tf.tensor(x), {}) as tf.Tensor).array()) as number[][];
    expect(output[0]).toEqual((clean as number[][])[0]);
    expect(output[1]!.every(Number.isNaN)).toBe(true);
    await tf.setBackend("cpu");
    const expected = (await (layer.call(tf.tensor(x), {}) as tf.Tensor).array()) as number[][];
    await tf.setBackend("native");
    output[2]!.forEach((value, i) => expect(value).toBeCloseTo(expected[2]![i]!, 5));
  });

  it("keeps the states of a stateful layer from call to call, and trains with them", async () => {
    const sequences: number[][] = [];
    for (const backend of ["cpu", "native"]) {
      await tf.setBackend(backend);
      const layer = makers[kind]({ units: 7, stateful: true, batchInputShape: [2, 3, 4] });
      const model = tf.sequential({ layers: [layer] });
      fill(layer);
      const x = values([2, 3, 4], 1);
      const outputs = [model.predict(x), model.predict(x)] as tf.Tensor[];
      const { grads } = tf.variableGrads(() => tf.sum(layer.apply(x, { training: true }) as tf.Tensor));
      layer.resetStates();
      outputs.push(model.predict(x) as tf.Tensor, ...Object.values(grads));
      sequences.push(outputs.flatMap((output) => [...output.dataSync()]));
      tf.disposeVariables();
    }
    expect(sequences[1]!.length).toBe(sequences[0]!.length);
    sequences[1]!.forEach((value, i) => expect(value).toBeCloseTo(sequences[0]![i]!, 5));
  });

  it("trains by fit as on cpu, and leaks nothing", async () => {
    const losses: number[][] = [];
    for (const backend of ["cpu", "native"]) {
      await tf.setBackend(backend);
      const recurrent = makers[kind]({ units: 12, returnSequences: true, inputShape: [6, 5] });
      const model = tf.sequential({ layers: [recurrent, makers[kind]({ units: 9 }), tf.layers.dense({ units: 1 })] });
      model.setWeights(model.getWeights().map((weight, i) => values(weight.shape, 60 + i, 0.4)));
      model.compile({ optimizer: tf.train.sgd(0.1), loss: "meanSquaredError" });
      const x = values([10, 6, 5], 3);
      const y = values([10, 1], 4);
      const { history } = await model.fit(x, y, { epochs: 3, batchSize: 4, shuffle: false });
      const before = tf.memory().numTensors;
      await model.fit(x, y, { epochs: 2, batchSize: 4, shuffle: false });
      tf.dispose(model.predict(x));
      expect(tf.memory().numTensors).toBe(before);
      losses.push(history["loss"] as number[]);
      tf.disposeVariables();
    }
    losses[1]!.forEach((loss, i) => expect(loss).toBeCloseTo(losses[0]![i]!, 5));
  });

  it("leaves masks, dropout in training, other activations and second derivatives to TensorFlow.js", async () => {
    const sizes = { batch: 2, time: 3, features: 4, units: 5 };
    expect(await differenceFromCpu(kind, { ...sizes, options: { activation: "softsign" } }, false)).toBeLessThan(1e-5);
    // Without training dropout does nothing.
    expect(await differenceFromCpu(kind, { ...sizes, options: { dropout: 0.5, recurrentDropout: 0.5 } })).toBeLessThan(1e-5);
    await tf.setBackend("native");
    const masked = tf.sequential({ layers: [tf.layers.masking({ inputShape: [3, 4] }), makers[kind]({ units: 5 })] });
    const dropped = tf.sequential({ layers: [makers[kind]({ units: 5, dropout: 0.5, inputShape: [3, 4] })] });
    const layer = makers[kind]({ units: 5, activation: "sigmoid", recurrentActivation: "sigmoid" });
    const x = values([2, 3, 4], 1);
    layer.build(x.shape);
    const uses = await profileKernels(() => {
      tf.dispose(masked.predict(x));
      tf.dispose(dropped.apply(x, { training: true }) as tf.Tensor);
      const slope = tf.grad((input: tf.Tensor) => tf.sum(layer.call(input, {}) as tf.Tensor));
      const curvature = tf.grad((input: tf.Tensor) => tf.sum(tf.square(slope(input))))(x);
      expect(curvature.shape).toEqual([2, 3, 4]);
      expect(curvature.dataSync().some((value) => value !== 0)).toBe(true);
    });
    expect(uses.map(({ kernel }) => kernel)).not.toContain(kind === "LSTM" ? "FusedLstm" : "FusedGru");
  });
});
