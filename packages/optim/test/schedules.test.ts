import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chain,
  constant,
  cosine,
  cosineRestarts,
  exponential,
  inverseSquareRoot,
  lambda,
  multiStep,
  oneCycle,
  polynomial,
  stepDecay,
  warmup,
  warmupStableDecay,
  type Schedule,
} from "../src/index.js";

const { factors } = JSON.parse(readFileSync(new URL("fixtures/schedules.json", import.meta.url), "utf8")) as {
  factors: Record<string, number[]>;
};

const cases: [string, Schedule][] = [
  ["stepDecay", stepDecay({ everySteps: 7, factor: 0.3 })],
  ["stepDecay", stepDecay({ everyEpochs: 7, factor: 0.3 })],
  ["exponential", exponential({ factor: 0.9 })],
  ["exponential", exponential({ factor: 0.9, unit: "step" })],
  ["cosine", cosine()],
  ["cosine", cosine({ totalSteps: 40 })],
  ["cosine to 0.1", cosine({ minFactor: 0.1 })],
  ["oneCycle", oneCycle()],
  ["oneCycle", oneCycle({ totalSteps: 40 })],
  ["oneCycle linear", oneCycle({ annealing: "linear", pctStart: 0.25, divFactor: 10, finalDivFactor: 100 })],
  ["oneCycle in three phases", oneCycle({ threePhase: true })],
  ["warmup before cosine", warmup({ steps: 8, from: 0.1 }, cosine())],
  ["warmup before cosine", warmup({ steps: 8, from: 0.1 }, cosine({ totalSteps: 32 }))],
  ["warmup before cosine", chain({ steps: [8] }, [warmup({ steps: 8, from: 0.1 }), cosine()])],
  ["polynomial", polynomial()],
  ["polynomial of power 2, over 25 steps", polynomial({ totalSteps: 25, power: 2 })],
  ["multiStep", multiStep({ steps: [5, 6, 30], factor: 0.4 })],
  ["multiStep", multiStep({ epochs: [5, 6, 30], factor: 0.4 })],
  ["cosineRestarts", cosineRestarts({ periodSteps: 9, minFactor: 0.1 })],
  ["cosineRestarts, longer and longer", cosineRestarts({ periodSteps: 5, periodFactor: 2 })],
  ["inverseSquareRoot behind a warm-up", warmup({ steps: 10 }, inverseSquareRoot({ timescaleSteps: 10 }))],
  ["warmupStableDecay, linear", warmupStableDecay({ warmupSteps: 8, decaySteps: 12, minFactor: 0.1 })],
  ["warmupStableDecay, cosine", warmupStableDecay({ warmupSteps: 8, decaySteps: 12, minFactor: 0.1, totalSteps: 40, annealing: "cosine" })],
  ["warmupStableDecay, squareRoot", warmupStableDecay({ warmupSteps: 8, decaySteps: 12, minFactor: 0.1, annealing: "squareRoot" })],
  ["chain", chain({ steps: [6, 20] }, [warmup({ steps: 6, from: 0.25 }), constant(), polynomial({ power: 2 })])],
  ["chain of decays", chain({ epochs: [11] }, [exponential({ factor: 0.9 }), stepDecay({ everyEpochs: 4, factor: 0.5 })])],
  ["chain of decays", chain({ steps: [11] }, [exponential({ factor: 0.9, unit: "step" }), stepDecay({ everySteps: 4, factor: 0.5 })])],
  ["lambda", lambda((step) => 0.95 ** step)],
  ["lambda", lambda((epoch) => 0.95 ** epoch, { unit: "epoch" })],
];

test.each(cases)("%s equals PyTorch at every step", (name, schedule) => {
  const expected = factors[name]!;
  expect(expected.length).toBe(40);
  expected.forEach((factor, at) => {
    // Whichever of both does not count stays at a value that would be noticed.
    const moment = schedule.unit === "step" ? { step: at, epoch: 39, totalSteps: 40 } : { step: 9999, epoch: at, totalSteps: 40 };
    expect(Math.abs(schedule.at(moment) - factor)).toBeLessThan(1e-6);
  });
});

test.each<[string, Schedule]>([
  ["oneCycle's momentum", oneCycle({ momentum: {} })],
  ["oneCycle's momentum, linear, in three phases", oneCycle({ annealing: "linear", threePhase: true, momentum: { min: 0.5, max: 0.8 } })],
])("%s equals PyTorch at every step", (name, schedule) => {
  expect(factors[name]!.length).toBe(40);
  factors[name]!.forEach((momentum, step) => expect(Math.abs(schedule.momentumAt!(at(step, 0, 40))! - momentum)).toBeLessThan(1e-6));
});

test("a warm-up alone is linear from 0 to the base rate and stays there", () => {
  const schedule = warmup({ steps: 1000 });
  expect(schedule.unit).toBe("step");
  factors["warmup from 0"]!.forEach((factor, i) => expect(schedule.at(at(67 * i))).toBeCloseTo(factor, 12));
  expect([0, 250, 1000, 5000].map((step) => schedule.at(at(step)))).toEqual([0, 0.25, 1, 1]);
});

test("constant is 1 always", () => {
  expect(constant().at(at(12345, 6))).toBe(1);
});

test("cosine stays at its smallest factor after its end", () => {
  expect([40, 41, 80].map((step) => cosine({ totalSteps: 40, minFactor: 0.25 }).at(at(step)))).toEqual([0.25, 0.25, 0.25]);
});

test("oneCycle stays at its last factor after its end, also where it has one or two steps", () => {
  expect(oneCycle({ totalSteps: 40 }).at(at(500))).toBeCloseTo(1 / 25 / 1e4, 12);
  expect(oneCycle({ totalSteps: 1 }).at(at(0))).toBeCloseTo(1 / 25 / 1e4, 12);
  expect(oneCycle({ totalSteps: 2, pctStart: 0.5 }).at(at(0))).toBe(1);
  expect(oneCycle({ totalSteps: 10, pctStart: 1 }).at(at(9))).toBe(1);
});

test("polynomial and warmupStableDecay stay at their end", () => {
  expect([10, 11, 99].map((step) => polynomial({ totalSteps: 10, minFactor: 0.25 }).at(at(step)))).toEqual([0.25, 0.25, 0.25]);
  const schedule = warmupStableDecay({ warmupSteps: 2, decaySteps: 4, totalSteps: 10, minFactor: 0.5 });
  expect([0, 1, 2, 6, 8, 10, 11].map((step) => schedule.at(at(step)))).toEqual([0, 0.5, 1, 1, 0.75, 0.5, 0.5]);
});

test("warmupStableDecay in a run that is too short for both falls from where it has come to", () => {
  const schedule = warmupStableDecay({ warmupSteps: 4, decaySteps: 4 });
  expect([0, 1, 2, 4, 6].map((step) => schedule.at(at(step, 0, 6)))).toEqual([0, 0.25, 0.5, 0.5, 0]);
});

test("cosineRestarts of periods that grow starts again at 1, far into the run too", () => {
  const schedule = cosineRestarts({ periodSteps: 3, periodFactor: 2 });
  expect([0, 3, 9, 21, 3 * (2 ** 20 - 1)].map((step) => schedule.at(at(step)))).toEqual([1, 1, 1, 1, 1]);
});

test("a lambda that gives no factor is an error that names where", () => {
  for (const factor of [-1, NaN, Infinity, undefined]) {
    expect(() => lambda(() => factor as number).at(at(7))).toThrow(`The function of lambda gave ${factor} for step 7`);
  }
});

describe("a chain", () => {
  test("gives each schedule the steps since its milestone, of those up to the next", () => {
    const seen: [number, number][] = [];
    const spy = (): Schedule => ({ unit: "step", at: ({ step, totalSteps }) => seen.push([step, totalSteps]) });
    const schedule = chain({ steps: [4, 10] }, [spy(), spy(), spy()]);
    for (const step of [0, 3, 4, 9, 10, 29]) schedule.at(at(step, 0, 30));
    expect(seen).toEqual([
      [0, 4],
      [3, 4],
      [0, 6],
      [5, 6],
      [0, 20],
      [19, 20],
    ]);
  });

  test("between milestones in steps leaves a schedule by epoch the epochs", () => {
    const schedule = chain({ steps: [4] }, [constant(), stepDecay({ everyEpochs: 2, factor: 0.5 })]);
    expect([schedule.at(at(3, 5)), schedule.at(at(4, 5))]).toEqual([1, 0.25]);
  });

  test("asks for the total steps only where its part needs them", () => {
    const schedule = chain({ steps: [4] }, [cosine(), lambda(() => 0.5)]);
    const unknown = (step: number) => ({
      step,
      epoch: 0,
      get totalSteps(): number {
        throw new RangeError("unknown");
      },
    });
    expect([0, 2, 4].map((step) => schedule.at(unknown(step)))).toEqual([1, 0.5, 0.5]);
    expect(() => chain({ steps: [4] }, [constant(), cosine()]).at(unknown(5))).toThrow(RangeError);
  });

  test("drives the momentum where its part does", () => {
    const cycle = oneCycle({ totalSteps: 10, momentum: { min: 0.5, max: 0.9 } });
    const schedule = chain({ steps: [10] }, [cycle, constant()]);
    expect(schedule.momentumAt!(at(2))).toBe(0.5);
    expect(schedule.momentumAt!(at(10))).toBeUndefined();
    expect(warmup({ steps: 3 }, cycle).momentumAt!(at(5))).toBe(0.5);
    expect(warmup({ steps: 3 }, cycle).momentumAt!(at(1))).toBe(0.9);
    expect(warmup({ steps: 3 }).momentumAt!(at(1))).toBeUndefined();
    expect(oneCycle().momentumAt).toBeUndefined();
  });
});

describe("a warm-up", () => {
  test("of 0 steps changes nothing", () => {
    for (const step of [0, 1, 39]) expect(warmup({ steps: 0 }, cosine()).at(at(step, 0, 40))).toBe(cosine().at(at(step, 0, 40)));
  });

  test("before a schedule by epoch counts steps itself and leaves it the epochs", () => {
    const schedule = warmup({ steps: 4 }, stepDecay({ everyEpochs: 1, factor: 0.5 }));
    expect(schedule.unit).toBe("step");
    expect(
      [
        [2, 0],
        [3, 1],
        [4, 1],
        [9, 3],
      ].map(([step, epoch]) => schedule.at(at(step!, epoch))),
    ).toEqual([0.5, 0.375, 0.5, 0.125]);
  });

  test("longer than the run rises all through it", () => {
    expect(warmup({ steps: 80 }, cosine()).at(at(40, 0, 40))).toBe(0.5);
  });

  test("can stand before another", () => {
    expect(warmup({ steps: 2 }, warmup({ steps: 2, from: 0.5 })).at(at(3))).toBe(0.75);
  });
});

describe("unknown total steps", () => {
  const unknown = {
    step: 3,
    epoch: 0,
    get totalSteps(): number {
      throw new RangeError("unknown");
    },
  };

  test("are an error only where they are needed", () => {
    for (const schedule of [cosine(), oneCycle(), warmup({ steps: 2 }, cosine())]) expect(() => schedule.at(unknown)).toThrow(RangeError);
    const others = [
      constant(),
      stepDecay({ everySteps: 2 }),
      exponential({ factor: 0.5 }),
      cosine({ totalSteps: 9 }),
      oneCycle({ totalSteps: 9 }),
    ];
    for (const schedule of others) {
      expect(schedule.at(unknown)).toBeLessThanOrEqual(1);
      expect(warmup({ steps: 5 }, schedule).at(unknown)).toBeLessThan(1);
    }
  });
});

test("every factor is from 0 to 1, and cosine and the decays never rise", () => {
  const falling = [
    polynomial({ power: 0.5 }),
    multiStep({ steps: [3, 40] }),
    inverseSquareRoot({ timescaleSteps: 7 }),
    warmupStableDecay({ decaySteps: 30, annealing: "squareRoot" }),
    cosine({ minFactor: 0.2 }),
    stepDecay({ everySteps: 3 }),
    exponential({ factor: 0.7, unit: "step" }),
  ];
  const all = [
    ...falling,
    oneCycle(),
    oneCycle({ threePhase: true, annealing: "linear" }),
    warmup({ steps: 9 }, cosine()),
    cosineRestarts({ periodSteps: 7, periodFactor: 3 }),
    warmupStableDecay({ warmupSteps: 20, decaySteps: 30 }),
  ];
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(600), (totalSteps, step) => {
      const moment = { step, epoch: 0, totalSteps };
      for (const schedule of all) {
        expect(schedule.at(moment)).toBeGreaterThanOrEqual(0);
        expect(schedule.at(moment)).toBeLessThanOrEqual(1);
      }
      for (const schedule of falling) expect(schedule.at({ ...moment, step: step + 1 })).toBeLessThanOrEqual(schedule.at(moment));
    }),
  );
});

function at(step: number, epoch = 0, totalSteps = 100): { step: number; epoch: number; totalSteps: number } {
  return { step, epoch, totalSteps };
}

test.each([
  ["cosine()", cosine()],
  ["oneCycle()", oneCycle()],
  ["polynomial()", polynomial()],
  ["warmupStableDecay()", warmupStableDecay({ decaySteps: 3 })],
])("%s needs the length of the run", (name, schedule) => {
  for (const totalSteps of [0, undefined as never])
    expect(() => schedule.at({ step: 1, epoch: 0, totalSteps })).toThrow(
      expect.objectContaining({
        code: "OPTION_INVALID",
        message: expect.stringContaining(`${name} got ${totalSteps === 0 ? "" : "no "}moment.totalSteps`) as string,
      }),
    );
});
