import { hostTensor, parseState, stringifyState, type StateRecord, type StateTree } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { beforeEach, describe, expect, test } from "vitest";
import { adafactor, adamW, lookahead, nadam, sgd, type Optimizer } from "../src/index.js";
import { useBackend } from "./backends.js";
import { errorOf } from "./error-of.js";
import { everyOptimizer } from "./every-optimizer.js";
import { step, valuesOf, variable } from "./train.js";

const gradients = (seed: number): number[] => [Math.sin(seed), Math.cos(3 * seed), Math.sin(7 * seed)];

describe.each(["cpu", "wasm", "device"] as const)("on %s", (backend) => {
  beforeEach(() => useBackend(backend));

  // A vector, a matrix and a scalar that has its first gradient at step 4.
  const parameters = () => ({ w: variable([1, 2, 3]), m: variable([1, -2, 3, 0.5, 4, -1], [2, 3]), late: variable([2], []) });
  const gradientsAt = (i: number) => ({
    w: gradients(i),
    m: [...gradients(i + 50), ...gradients(i + 90)],
    ...(i < 4 ? {} : { late: [Math.sin(i)] }),
  });

  test.each(everyOptimizer)("%s goes on from its saved state with the same bits, wherever it was saved", async (_, make) => {
    const [one, whole] = [make(), parameters()];
    for (let i = 0; i < 12; i++) step(one, whole, gradientsAt(i));
    for (const stop of [0, 1, 5, 11]) {
      const [first, second, resumed] = [make(), make(), parameters()];
      for (let i = 0; i < stop; i++) step(first, resumed, gradientsAt(i));
      second.loadState(parseState(stringifyState(await first.saveState())) as StateRecord);
      for (let i = stop; i < 12; i++) step(second, resumed, gradientsAt(i));
      for (const name of ["w", "m", "late"] as const) expect(await valuesOf(resumed[name])).toEqual(await valuesOf(whole[name]));
      expect(stringifyState(await second.saveState())).toBe(stringifyState(await one.saveState()));
    }
  });

  test("a saved state is what was there at the call, and stays so", async () => {
    const [optimizer, w] = [sgd({ learningRate: 1, momentum: 0.5 }), variable([0])];
    step(optimizer, { w }, { w: [1] });
    const saving = optimizer.saveState();
    step(optimizer, { w }, { w: [1] });
    const state = await saving;
    step(optimizer, { w }, { w: [1] });
    expect(state).toEqual({
      algorithm: "sgd",
      parameters: { w: { step: 1, shape: [1], momentum: hostTensor(new Float32Array([1]), [1]) } },
    });
  });

  test("a loaded state is a copy, and the slots of absent parameters are kept", async () => {
    const momentum = new Float32Array([4]);
    const saved = { algorithm: "sgd", parameters: { gone: { step: 3, shape: [1], momentum }, w: { step: 2, shape: [1], momentum } } };
    const [optimizer, w] = [sgd({ learningRate: 1, momentum: 0.5 }), variable([0])];
    optimizer.loadState(saved);
    step(optimizer, { w }, { w: [1] });
    expect([...momentum]).toEqual([4]);
    expect(await valuesOf(w)).toEqual([-3]);
    const parameters = (await optimizer.saveState())["parameters"] as Record<string, StateTree>;
    expect(parameters["gone"]).toEqual({ step: 3, shape: [1], momentum: hostTensor(new Float32Array([4]), [1]) });
  });

  test("NaN, infinities and -0 survive", async () => {
    const momentum = new Float32Array([NaN, Infinity, -0]);
    const optimizer = sgd({ learningRate: 1, momentum: 0.5 });
    optimizer.loadState({ algorithm: "sgd", parameters: { w: { step: 2, shape: [3], momentum } } });
    const { w } = (await optimizer.saveState())["parameters"] as Record<string, { momentum: { data: Float32Array } }>;
    expect(w!.momentum.data).toEqual(momentum);
  });
});

test.each<[string, () => Optimizer]>([
  ["adamW", () => adamW({ learningRate: 0.1 })],
  ["adafactor", () => adafactor()],
  ["lookahead", () => lookahead(adamW({ learningRate: 0.1 }), { everySteps: 2 })],
])("a run of %s goes on when the backend changes under it", async (_, make) => {
  await useBackend("cpu");
  const [optimizer, w] = [make(), variable([1, 2, 3], [1, 3])];
  const [reference, v] = [make(), variable([1, 2, 3], [1, 3])];
  for (let i = 0; i < 12; i++) step(reference, { v }, { v: gradients(i) });
  const expected = await valuesOf(v);
  for (const [i, backend] of (
    ["cpu", "cpu", "device", "device", "cpu", "cpu", "wasm", "wasm", "wasm", "device", "cpu", "cpu"] as const
  ).entries()) {
    await useBackend(backend);
    step(optimizer, { w }, { w: gradients(i) });
  }
  const values = await valuesOf(w);
  values.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6));
});

const good = { step: 1, shape: [2], momentum: new Float32Array(2) };
const malformed: [string, unknown, RegExp][] = [
  ["nothing", undefined, /lacks algorithm or parameters/],
  ["an empty record", {}, /lacks algorithm or parameters/],
  ["another algorithm's", { algorithm: "adamW", parameters: {} }, /The state is of "adamW", but the optimizer is sgd\./],
  ["a parameter that is no record", { algorithm: "sgd", parameters: { w: 3 } }, /of parameter "w" is 3/],
  ["a step that is no count", { algorithm: "sgd", parameters: { w: { ...good, step: 1.5 } } }, /step of parameter "w" is 1\.5/],
  ["a shape that is none", { algorithm: "sgd", parameters: { w: { ...good, shape: [-1] } } }, /shape of parameter "w"/],
  [
    "a missing slot",
    { algorithm: "sgd", parameters: { w: { step: 1, shape: [2] } } },
    /slots of parameter "w" are: none\. Expected: momentum/,
  ],
  ["a slot too many", { algorithm: "sgd", parameters: { w: { ...good, other: new Float32Array(2) } } }, /are: momentum, other/],
  [
    "a product of momenta that this optimizer does not keep",
    { algorithm: "sgd", parameters: { w: { ...good, momentumProduct: 1 } } },
    /are: momentum, momentumProduct\. Expected: momentum\./,
  ],
  [
    "a slot of the wrong length",
    { algorithm: "sgd", parameters: { w: { ...good, momentum: new Float32Array(3) } } },
    /Slot momentum of parameter "w" is 3 values/,
  ],
  [
    "a slot of the wrong type",
    { algorithm: "sgd", parameters: { w: { ...good, momentum: new Int32Array(2) } } },
    /Expected a Float32Array of 2 values/,
  ],
  [
    "a slot of the wrong shape",
    { algorithm: "sgd", parameters: { w: { ...good, momentum: hostTensor(new Float32Array(2), [1, 2]) } } },
    /has shape \[1, 2\]/,
  ],
];

test.each(malformed)("%s is refused as a state, and nothing is taken from it", async (_, state, message) => {
  await useBackend("cpu");
  const [optimizer, w] = [sgd({ learningRate: 1, momentum: 0.5 }), variable([0, 0])];
  step(optimizer, { w }, { w: [1, 1] });
  const before = stringifyState(await optimizer.saveState());
  expect(errorOf(() => optimizer.loadState(state as StateRecord))).toMatchObject({
    code: "OPTIMIZER_STATE",
    message: expect.stringMatching(message),
  });
  expect(stringifyState(await optimizer.saveState())).toBe(before);
});

test.each([undefined, NaN, -0.1, 1.1, "1"])("a product of momenta that is %s is refused as a state of nadam", async (momentumProduct) => {
  await useBackend("cpu");
  const [optimizer, w] = [nadam(), variable([0])];
  step(optimizer, { w }, { w: [1] });
  const state = (await optimizer.saveState()) as { parameters: Record<string, StateRecord> };
  const { momentumProduct: saved, ...rest } = state.parameters["w"]!;
  expect(saved).toBeCloseTo(0.9 * (1 - 0.5 * 0.96 ** 0.004), 12);
  const w2 = momentumProduct === undefined ? rest : { ...rest, momentumProduct };
  expect(errorOf(() => optimizer.loadState({ algorithm: "nadam", parameters: { w: w2 } }))).toMatchObject({
    code: "OPTIMIZER_STATE",
    message: `The momentumProduct of parameter "w" is ${JSON.stringify(momentumProduct) === "null" ? "NaN" : JSON.stringify(momentumProduct)}. Expected a number from 0 to 1.`,
  });
});

test("the slots of adafactor are the means of rows and columns, and are refused for another shape", async () => {
  await useBackend("cpu");
  const optimizer = adafactor();
  const m = variable([1, 2, 3, 4, 5, 6], [2, 3]);
  step(optimizer, { m }, { m: [1, 1, 1, 2, 2, 2] });
  const state = await optimizer.saveState();
  expect(state).toEqual({
    algorithm: "adafactor",
    parameters: {
      m: {
        step: 1,
        shape: [2, 3],
        rowMeans: hostTensor(new Float32Array([1, 4]), [2]),
        columnMeans: hostTensor(new Float32Array([2.5, 2.5, 2.5]), [3]),
      },
    },
  });
  const saved = (state["parameters"] as Record<string, Record<string, StateTree>>)["m"]!;
  const other = { algorithm: "adafactor", parameters: { m: { ...saved, shape: [3, 2] } } };
  expect(errorOf(() => adafactor().loadState(other as StateRecord))).toMatchObject({
    code: "OPTIMIZER_STATE",
    message: expect.stringMatching(/Slot rowMeans of parameter "m" has shape \[2\]\. Expected \[3\]/),
  });
});

test("the state of another shape is refused at the step, before anything changes", async () => {
  await useBackend("cpu");
  const optimizer = sgd({ learningRate: 1, momentum: 0.5 });
  optimizer.loadState({ algorithm: "sgd", parameters: { w: good } });
  const parameters = { v: variable([0]), w: variable([0, 0, 0]) };
  expect(errorOf(() => step(optimizer, parameters, { v: [1], w: [1, 1, 1] }))).toMatchObject({
    code: "OPTIMIZER_STATE",
    message: expect.stringMatching(/of parameter "w" has shape \[2\], but the parameter has \[3\]/),
  });
  expect(await valuesOf(parameters.v)).toEqual([0]);
});

describe("a gradient that does not fit", () => {
  beforeEach(() => useBackend("cpu"));

  const cases: [string, () => tf.Tensor, RegExp][] = [
    ["in shape", () => tf.zeros([2, 1]), /The gradient of "w" has shape \[2, 1\]\. Expected \[2\]/],
    ["in dtype", () => tf.zeros([2], "int32"), /The gradient of "w" is int32/],
  ];

  test.each(cases)("%s is refused by the parameter's name, before anything changes", async (_, gradient, message) => {
    const [v, w] = [variable([1]), variable([1, 2])];
    const gradients = new Map([
      ["v", tf.ones([1])],
      ["w", gradient()],
    ]);
    expect(
      errorOf(() =>
        sgd({ learningRate: 1 }).apply(
          gradients,
          new Map([
            ["v", v],
            ["w", w],
          ]),
          1,
        ),
      ),
    ).toMatchObject({ code: "GRADIENT_MISMATCH", message: expect.stringMatching(message) });
    expect(await valuesOf(v)).toEqual([1]);
  });

  test("to any parameter, or to one that is not float32, is refused", () => {
    const optimizer = sgd({ learningRate: 1 });
    expect(errorOf(() => optimizer.apply(new Map([["x", tf.ones([1])]]), new Map(), 1))).toMatchObject({
      code: "GRADIENT_MISMATCH",
      message: expect.stringMatching(/no parameter of this name/),
    });
    const counts = tf.variable(tf.tensor1d([1], "int32"));
    expect(errorOf(() => optimizer.apply(new Map([["x", tf.ones([1])]]), new Map([["x", counts]]), 1))).toMatchObject({
      code: "GRADIENT_MISMATCH",
      message: expect.stringMatching(/Parameter "x" is int32/),
    });
  });
});

test.each([NaN, Infinity, -1])("a rate factor of %d is refused", async (factor) => {
  await useBackend("cpu");
  const w = variable([1]);
  expect(errorOf(() => step(sgd({ learningRate: 1 }), { w }, { w: [1] }, factor))).toMatchObject({
    code: "RATE_INVALID",
    message: expect.stringMatching(/check the schedule/),
  });
});
