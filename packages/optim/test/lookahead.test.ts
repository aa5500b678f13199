import type { StateRecord } from "@snapfit/base";
import { beforeEach, describe, expect, test } from "vitest";
import { adamW, lookahead, sgd, type Optimizer } from "../src/index.js";
import { useBackend } from "./backends.js";
import { errorOf } from "./error-of.js";
import { step, valuesOf, variable } from "./train.js";

beforeEach(() => useBackend("cpu"));

test("it has the groups of its optimizer, and its name says which that is", () => {
  const optimizer = lookahead(adamW({ groups: [{ name: "head", match: (name) => name === "w", learningRate: 1 }] }));
  expect(optimizer.name).toBe("lookahead(adamW)");
  expect(optimizer.groups).toEqual([
    { name: "head", learningRate: 1 },
    { name: "default", learningRate: 0.001 },
  ]);
});

test("alpha 1 is the optimizer itself, and alpha 0 goes back to the start", async () => {
  for (const [alpha, expected] of [
    [1, [-3]],
    [0, [0]],
  ] as const) {
    const w = variable([0]);
    const optimizer = lookahead(sgd({ learningRate: 1 }), { everySteps: 3, alpha });
    for (let i = 0; i < 3; i++) step(optimizer, { w }, { w: [1] });
    expect(await valuesOf(w)).toEqual(expected);
  }
});

test("any optimizer may look ahead, one that looks ahead too", async () => {
  const w = variable([0]);
  const own: Optimizer = {
    name: "own",
    groups: [],
    apply: (_, parameters) => parameters.get("w")!.assign(parameters.get("w")!.add(4)),
    saveState: () => Promise.resolve({ own: 7 }),
    loadState: () => {},
    dispose: () => {},
  };
  const optimizer = lookahead(lookahead(own, { everySteps: 1 }), { everySteps: 2 });
  step(optimizer, { w }, { w: [1] }); // 0 -> 4 -> 2
  expect(await valuesOf(w)).toEqual([2]);
  step(optimizer, { w }, { w: [1] }); // 2 -> 6 -> 4 -> 2
  expect(await valuesOf(w)).toEqual([2]);
  expect(await optimizer.saveState()).toMatchObject({
    algorithm: "lookahead(lookahead(own))",
    optimizer: { algorithm: "lookahead(own)", optimizer: { own: 7 } },
  });
});

test("a step that its optimizer refuses leaves no slow weights behind", async () => {
  const w = variable([1]);
  const optimizer = lookahead(sgd({ learningRate: 1 }), { everySteps: 1 });
  expect(() => step(optimizer, { w }, { w: [1] }, NaN)).toThrow("rate factor");
  w.assign(variable([5]));
  step(optimizer, { w }, { w: [1] }); // 5 + (4 - 5) / 2
  expect(await valuesOf(w)).toEqual([4.5]);
});

test("a gradient without a parameter is refused, whatever its optimizer would do", () => {
  const own = { ...sgd({ learningRate: 1 }), name: "own", groups: [], apply: () => {} } as unknown as Optimizer;
  expect(errorOf(() => lookahead(own).apply(new Map([["x", variable([1])]]), new Map(), 1))).toMatchObject({ code: "GRADIENT_MISMATCH" });
});

describe("a state", () => {
  const stateOf = async (): Promise<StateRecord> => {
    const [optimizer, w] = [lookahead(sgd({ learningRate: 1, momentum: 0.5 })), variable([0])];
    step(optimizer, { w }, { w: [1] });
    return optimizer.saveState();
  };

  test.each<[string, (state: StateRecord) => unknown, RegExp]>([
    ["of its optimizer alone", (state) => state["optimizer"], /The state is of "sgd", but the optimizer is lookahead\(sgd\)/],
    [
      "without its optimizer's",
      ({ algorithm, parameters }) => ({ algorithm, parameters }),
      /The state of lookahead\(sgd\) lacks that of its optimizer/,
    ],
    ["with another optimizer's", (state) => ({ ...state, optimizer: { algorithm: "adam", parameters: {} } }), /is of "adam"/],
  ])("%s is refused, and nothing is taken from it", async (_, change, message) => {
    const [optimizer, w] = [lookahead(sgd({ learningRate: 1, momentum: 0.5 })), variable([3])];
    step(optimizer, { w }, { w: [1] });
    const before = await optimizer.saveState();
    const changed = change(await stateOf()) as StateRecord;
    expect(errorOf(() => optimizer.loadState(changed))).toMatchObject({ code: "OPTIMIZER_STATE", message: expect.stringMatching(message) });
    expect(await optimizer.saveState()).toEqual(before);
  });

  test("of another shape is refused at the step, before anything changes", async () => {
    const optimizer = lookahead(sgd({ learningRate: 1, momentum: 0.5 }));
    optimizer.loadState(await stateOf());
    const w = variable([1, 2]);
    expect(errorOf(() => step(optimizer, { w }, { w: [1, 1] }))).toMatchObject({ code: "OPTIMIZER_STATE" });
    expect(await valuesOf(w)).toEqual([1, 2]);
  });
});
