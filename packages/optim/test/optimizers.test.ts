import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { adagrad, adam, adamW, lamb, lion, lookahead, rmsProp, sgd } from "../src/index.js";
import { useBackend } from "./backends.js";
import { everyOptimizer } from "./every-optimizer.js";
import { step, valuesOf, variable } from "./train.js";

describe.each(["cpu", "wasm", "device", "native"] as const)("on %s", (backend) => {
  beforeEach(() => useBackend(backend));

  test("sgd moves against the gradient by rate x factor", async () => {
    const w = variable([1, 2]);
    step(sgd({ learningRate: 0.5 }), { w }, { w: [2, -4] }, 0.5);
    expect(await valuesOf(w)).toEqual([0.5, 3]);
  });

  test("sgd with momentum goes on by what it went before", async () => {
    const w = variable([0]);
    const optimizer = sgd({ learningRate: 1, momentum: 0.5 });
    step(optimizer, { w }, { w: [1] }); // b = 1, w = -1
    step(optimizer, { w }, { w: [1] }); // b = 1.5, w = -2.5
    expect(await valuesOf(w)).toEqual([-2.5]);
  });

  test("sgd with Nesterov momentum looks ahead", async () => {
    const w = variable([0]);
    step(sgd({ learningRate: 1, momentum: 0.5, nesterov: true }), { w }, { w: [1] }); // b = 1, w = -(1 + 0.5)
    expect(await valuesOf(w)).toEqual([-1.5]);
  });

  test("the first step of adam is the rate, whatever the size of the gradient", async () => {
    const w = variable([1, 1, 1]);
    step(adam({ learningRate: 0.25 }), { w }, { w: [1000, -0.5, 7] });
    expect(distance(await valuesOf(w), [0.75, 1.25, 0.75])).toBeLessThan(1e-6);
  });

  test("adamW shrinks by rate x weight decay where the gradient is zero, adam does not", async () => {
    const decayed = variable([2]);
    const kept = variable([2]);
    step(adamW({ learningRate: 0.5, weightDecay: 0.5 }), { w: decayed }, { w: [0] });
    step(adam({ learningRate: 0.5 }), { w: kept }, { w: [0] });
    expect(await valuesOf(decayed)).toEqual([1.5]);
    expect(await valuesOf(kept)).toEqual([2]);
  });

  test("the first step of rmsProp is the rate over the root of 1 - alpha", async () => {
    const w = variable([0]);
    step(rmsProp({ learningRate: 0.1, alpha: 0.75 }), { w }, { w: [8] }); // s = 16, w = -0.1 x 8 / 4
    expect(distance(await valuesOf(w), [-0.2])).toBeLessThan(1e-6);
  });

  test("weight decay is added to the gradient in sgd and rmsProp", async () => {
    const [a, b] = [variable([2]), variable([2])];
    step(sgd({ learningRate: 1, weightDecay: 0.5 }), { a }, { a: [1] }); // 2 - (1 + 1)
    step(rmsProp({ learningRate: 1, alpha: 0, weightDecay: 0.5 }), { b }, { b: [1] }); // 2 - 2 / 2
    expect(await valuesOf(a)).toEqual([0]);
    expect(distance(await valuesOf(b), [1])).toBeLessThan(1e-6);
  });

  test("lion moves by the rate, whatever the size of the gradient, and not where it is zero", async () => {
    const w = variable([1, 1, 1]);
    step(lion({ learningRate: 0.25 }), { w }, { w: [1000, -0.5, 0] });
    expect(await valuesOf(w)).toEqual([0.75, 1.25, 1]);
  });

  test("the first step of adagrad is the rate over the root of what the sum starts from and the squared gradient", async () => {
    const w = variable([0]);
    step(adagrad({ learningRate: 1, initialSum: 16 }), { w }, { w: [3] }); // 3 / sqrt(16 + 9)
    expect(distance(await valuesOf(w), [-0.6])).toBeLessThan(1e-6);
  });

  test("a step of lamb has the parameter's norm times the rate; where that is zero, it is that of Adam", async () => {
    const [w, zero] = [variable([3, 4]), variable([0, 0])];
    step(lamb({ learningRate: 0.5, weightDecay: 0, epsilon: 0 }), { w, zero }, { w: [1, 1], zero: [1, -1] });
    expect(distance(await valuesOf(w), [3 - 2.5 * Math.SQRT1_2, 4 - 2.5 * Math.SQRT1_2])).toBeLessThan(1e-6);
    expect(distance(await valuesOf(zero), [-0.5, 0.5])).toBeLessThan(1e-6);
  });

  test("lookahead goes back a part of the way after so many steps of a parameter", async () => {
    const [w, late] = [variable([0]), variable([0])];
    const optimizer = lookahead(sgd({ learningRate: 1 }), { everySteps: 2, alpha: 0.25 });
    step(optimizer, { w, late }, { w: [-1] });
    expect(await valuesOf(w)).toEqual([1]);
    step(optimizer, { w, late }, { w: [-1], late: [-1] }); // 0 + (2 - 0) / 4
    expect(await valuesOf(w)).toEqual([0.5]);
    expect(await valuesOf(late)).toEqual([1]);
    step(optimizer, { w, late }, { w: [-1], late: [-3] }); // late: 0 + (4 - 0) / 4
    expect(await valuesOf(w)).toEqual([1.5]);
    expect(await valuesOf(late)).toEqual([1]);
  });

  test.each(everyOptimizer)("%s that maximizes takes the bits of one that minimizes with gradients of the other sign", async (_, make) => {
    const shapes = { w: [5], m: [2, 3], s: [] };
    const start = [0.5, -1, 2, 0.1, -3, 1.5];
    const [up, down] = [make({ maximize: true, weightDecay: 0.1 }), make({ weightDecay: 0.1 })];
    const parametersOf = () =>
      Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => [
          name,
          variable(
            start.slice(
              0,
              shape.reduce((a, b) => a * b, 1),
            ),
            shape,
          ),
        ]),
      );
    const [a, b] = [parametersOf(), parametersOf()];
    for (let i = 0; i < 8; i++) {
      const gradients = Object.entries(shapes).map(
        ([name, shape], k) =>
          [
            name,
            start
              .slice(
                0,
                shape.reduce((x, y) => x * y, 1),
              )
              .map((_, j) => Math.sin(7 * i + 3 * j + k)),
          ] as const,
      );
      step(up, a, Object.fromEntries(gradients));
      step(down, b, Object.fromEntries(gradients.map(([name, values]) => [name, values.map((value) => -value)])));
    }
    for (const name of Object.keys(shapes)) expect(await valuesOf(a[name]!)).toEqual(await valuesOf(b[name]!));
    expect(up.groups).toEqual(down.groups);
  });

  test.each(everyOptimizer)("a factor of 0 changes no value under %s", async (_, make) => {
    const optimizer = make();
    for (let i = 0; i < 3; i++) {
      const w = variable([0.1, -3]);
      step(optimizer, { w }, { w: [1, 2] }, 0);
      expect(await valuesOf(w)).toEqual([Math.fround(0.1), -3]);
    }
  });

  test("a parameter without gradient keeps its value and slots, and starts its own count when it appears", async () => {
    const optimizer = adam({ learningRate: 0.5 });
    const [early, late] = [variable([1]), variable([1])];
    for (let i = 0; i < 5; i++) step(optimizer, { early, late }, { early: [1] });
    expect(await valuesOf(late)).toEqual([1]);
    step(optimizer, { early, late }, { late: [3] });
    expect(distance(await valuesOf(late), [0.5])).toBeLessThan(1e-6);
    const parameters = (await optimizer.saveState())["parameters"] as Record<string, { step: number }>;
    expect(parameters["early"]!.step).toBe(5);
    expect(parameters["late"]!.step).toBe(1);
  });

  test("parameters of any shape are updated: scalars, empty ones, several dimensions, lengths of every remainder", async () => {
    for (const shape of [[], [0], [0, 3], [1, 1, 2], [3], [5], [2, 2], [7]]) {
      const size = shape.reduce((product, length) => product * length, 1);
      const w = variable(new Array(size).fill(1), shape);
      step(adam({ learningRate: 0.5 }), { w }, { w: new Array(size).fill(9) });
      expect(distance(await valuesOf(w), new Array(size).fill(0.5))).toBeLessThan(1e-6);
      expect(w.shape).toEqual(shape);
    }
  });
});

test("adam with epsilon 0 does not depend on the gradients' scale", async () => {
  await useBackend("cpu");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), { minLength: 3, maxLength: 3 }),
      fc.constantFrom(0.25, 4, 1024),
      async (gradient, scale) => {
        const [a, b] = [variable([1, 1, 1]), variable([1, 1, 1])];
        const [first, second] = [adam({ epsilon: 0 }), adam({ epsilon: 0 })];
        for (let i = 0; i < 3; i++) {
          step(first, { a }, { a: gradient });
          step(second, { b }, { b: gradient.map((value) => Math.fround(value) * scale) });
        }
        expect(distance(await valuesOf(b), await valuesOf(a))).toBeLessThan(1e-6);
      },
    ),
    { numRuns: 20 },
  );
});

test("a parameter cut in two is updated as the whole one", async () => {
  await useBackend("cpu");
  // Those whose step of a value depends on that value only.
  const makes = everyOptimizer.filter(([name]) => !/lamb|adafactor/.test(name)).map(([, make]) => make);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 20 }),
      fc.nat(),
      fc.constantFrom(...makes),
      async (gradient, seed, make) => {
        const cut = 1 + (seed % (gradient.length - 1));
        const whole = variable(gradient);
        const [head, tail] = [variable(gradient.slice(0, cut)), variable(gradient.slice(cut))];
        const [one, two] = [make(), make()];
        for (let i = 0; i < 4; i++) {
          step(one, { whole }, { whole: gradient });
          step(two, { head, tail }, { head: gradient.slice(0, cut), tail: gradient.slice(cut) });
        }
        expect([...(await valuesOf(head)), ...(await valuesOf(tail))]).toEqual(await valuesOf(whole));
      },
    ),
    { numRuns: 50 },
  );
});

/** The largest difference; infinite if the lengths differ. */
function distance(values: readonly number[], expected: readonly number[]): number {
  return values.length === expected.length ? Math.max(0, ...values.map((value, i) => Math.abs(value - expected[i]!))) : Infinity;
}
