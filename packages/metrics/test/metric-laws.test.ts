import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalStates, hostTensor, parseState, stringifyState, type HostOutputs, type Metric, type StateRecord } from "@snapfit/base";
import { accuracy, auroc, aurocPerClass, confusionMatrix, mean, perClassAccuracy, topK } from "@snapfit/metrics";

const numClasses = 3;
type Sample = readonly [number[], number];
const sample: fc.Arbitrary<Sample> = fc.tuple(
  fc.array(fc.integer({ min: -3, max: 3 }), { minLength: numClasses, maxLength: numClasses }),
  fc.nat(numClasses - 1),
);
const batchOf = (samples: readonly Sample[]): HostOutputs => ({
  scores: hostTensor(Float32Array.from(samples.flatMap(([scores]) => scores)), [samples.length, numClasses]),
  labels: hostTensor(
    Int32Array.from(samples, ([, label]) => label),
    [samples.length],
  ),
  values: hostTensor(
    Float32Array.from(samples, ([scores]) => scores[0]!),
    [samples.length],
  ),
});

// What holds for every metric, whatever it measures.
describe.each<[string, () => Metric]>([
  ["mean", () => mean()],
  ["accuracy", () => accuracy()],
  ["topK", () => topK({ k: 2 })],
  ["confusionMatrix", () => confusionMatrix()],
  ["perClassAccuracy", () => perClassAccuracy({ classNames: ["a", "b", "c"] })],
  ["auroc", () => auroc()],
  ["aurocPerClass", () => aurocPerClass({ logits: true })],
])("%s", (name, make) => {
  const overAll = (samples: readonly Sample[]): Metric => {
    const metric = make();
    metric.update(batchOf(samples));
    return metric;
  };

  it("gives the same value in any batches, and merged from parts", () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 20 }), fc.nat(20), fc.nat(20), (samples, a, b) => {
        const [first, second] = [Math.min(a, b), Math.max(a, b)];
        const whole = overAll(samples).compute();
        const streamed = make();
        for (const part of [samples.slice(0, first), samples.slice(first, second), samples.slice(second)]) streamed.update(batchOf(part));
        expect(streamed.compute()).toEqual(whole);
        const merged = overAll(samples.slice(0, first));
        merged.merge(overAll(samples.slice(first)).saveState());
        expect(merged.compute()).toEqual(whole);
      }),
      { seed: 1 },
    );
  });

  it("goes on from a saved state with the same bits", () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 10 }), fc.array(sample, { maxLength: 10 }), (before, after) => {
        const metric = overAll(before);
        const state = parseState(stringifyState(metric.saveState())) as StateRecord;
        const resumed = overAll(after);
        resumed.loadState(state);
        expect(equalStates(resumed.saveState(), metric.saveState())).toBeUndefined();
        metric.update(batchOf(after));
        resumed.update(batchOf(after));
        expect(resumed.compute()).toEqual(metric.compute());
        expect(equalStates(resumed.saveState(), metric.saveState())).toBeUndefined();
      }),
      { seed: 2 },
    );
  });

  it("keeps a saved state apart from what comes later", () => {
    const metric = overAll([
      [[1, 2, 3], 0],
      [[1, 0, 0], 1],
    ]);
    const state = metric.saveState();
    const before = stringifyState(state);
    metric.update(batchOf([[[0, 1, 0], 2]]));
    metric.merge(state);
    expect(stringifyState(state)).toBe(before);
  });

  it("is undefined before the first sample and after reset", () => {
    const metric = make();
    const empty = metric.compute();
    expect(Object.values(typeof empty === "number" ? { empty } : empty).every(Number.isNaN)).toBe(true);
    metric.update(
      batchOf([
        [[1, 2, 3], 2],
        [[2, 1, 1], 0],
      ]),
    );
    metric.reset();
    expect(metric.compute()).toEqual(empty);
    metric.merge(make().saveState());
    expect(metric.compute()).toEqual(empty);
  });

  it("says which values are better", () => {
    expect(make().direction).toBe(name === "mean" ? "min" : "max");
  });

  it("refuses states of other metrics and malformed ones", () => {
    const state = overAll([[[1, 2, 3], 2]]).saveState();
    const wrong = expect.objectContaining({ code: "METRIC_STATE" });
    for (const bad of [{}, { ...state, metric: "other" }, ...Object.keys(state).map((key) => ({ ...state, [key]: null }))]) {
      expect(() => make().loadState(bad)).toThrow(wrong);
      expect(() => make().merge(bad)).toThrow(wrong);
    }
  });

  it("names missing outputs and those that are there", () => {
    const { scores, labels } = batchOf([[[1, 2, 3], 2]]);
    const wanted = name === "mean" ? "values" : "scores";
    expect(() => make().update({ score: scores!, labels: labels! })).toThrow(
      `${name}() found no output "${wanted}"; the batch has score, labels.`,
    );
    expect(() => make().update({})).toThrow(expect.objectContaining({ code: "METRIC_INPUT" }));
  });

  it("names unknown options", () => {
    const factories: Record<string, (options: never) => Metric> = {
      mean,
      accuracy,
      topK,
      confusionMatrix,
      perClassAccuracy,
      auroc,
      aurocPerClass,
    };
    const option = name === "mean" ? "value" : "label";
    expect(() => factories[name]!({ [option]: "x" } as never)).toThrow(`${name}() has no option "${option}". Did you mean "${option}s"?`);
    expect(() => factories[name]!({ zzzzzz: 1 } as never)).toThrow(expect.objectContaining({ code: "OPTION_UNKNOWN" }));
  });
});
