import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hostTensor, type HostOutputs } from "@snapfit/base";
import {
  accuracy,
  auroc,
  aurocPerClass,
  computeAuroc,
  computeAurocPerClass,
  computePerClassAccuracy,
  confusionMatrix,
  mean,
  perClassAccuracy,
  topK,
} from "@snapfit/metrics";

interface Fixture {
  readonly binary: { readonly scores: number[]; readonly labels: number[]; readonly auroc: number };
  readonly two: { readonly logits: number[]; readonly labels: number[]; readonly auroc: number };
  readonly multi: {
    readonly logits: number[];
    readonly labels: number[];
    readonly accuracy: number;
    readonly top2: number;
    readonly top3: number;
    readonly confusion: number[];
    readonly perClassAccuracy: number[];
    readonly aurocPerClass: number[];
    readonly auroc: number;
  };
}
const { binary, multi, two } = JSON.parse(readFileSync(new URL("./fixtures/metrics.json", import.meta.url), "utf8")) as Fixture;

const floats = (values: number[], shape: readonly number[] = [values.length]) => hostTensor(Float32Array.from(values), shape);
const ints = (values: number[], shape: readonly number[] = [values.length]) => hostTensor(Int32Array.from(values), shape);
const wrongInput = expect.objectContaining({ code: "METRIC_INPUT" });
const multiBatch: HostOutputs = { scores: floats(multi.logits, [120, 5]), labels: ints(multi.labels) };

function after<M extends { update(outputs: HostOutputs): void; compute(): unknown }>(
  metric: M,
  outputs: HostOutputs,
): ReturnType<M["compute"]> {
  metric.update(outputs);
  return metric.compute() as ReturnType<M["compute"]>;
}

describe("accuracy", () => {
  it("counts hand-made answers: of equal scores the first class", () => {
    const scores = floats([0.1, 0.9, 0.5, 0.5, 0.5, 0.5, -3, -4], [4, 2]);
    expect(after(accuracy(), { scores, labels: ints([1, 0, 1, 0]) })).toBe(0.75);
  });

  it("equals scikit-learn", () => {
    expect(after(accuracy(), multiBatch)).toBe(multi.accuracy);
  });

  it("reads outputs by other names, class indices, and one-hot labels", () => {
    const metric = accuracy({ scores: "classes", labels: "targets" });
    expect(after(metric, { classes: ints([2, 1, 0]), targets: ints([0, 0, 1, 0, 1, 0, 0, 1, 0], [3, 3]) })).toBe(2 / 3);
    expect(after(accuracy(), { scores: floats([1, 0]), labels: hostTensor(new Uint8Array([1, 1]), [2, 1]) })).toBe(0.5);
  });

  it("is 1 and 0 at its limits, takes infinite scores, and is NaN once a score is", () => {
    const scores = floats([Infinity, 0, -Infinity, 0], [2, 2]);
    expect(after(accuracy(), { scores, labels: ints([0, 1]) })).toBe(1);
    expect(after(accuracy(), { scores, labels: ints([1, 0]) })).toBe(0);
    const metric = accuracy();
    expect(after(metric, { scores: floats([NaN, 1, 1, 0], [2, 2]), labels: ints([1, 0]) })).toBeNaN();
    expect(after(metric, { scores, labels: ints([0, 1]) })).toBeNaN();
    expect(after(accuracy(), { scores: floats([NaN]), labels: ints([0]) })).toBeNaN();
  });

  it("names what is wrong with scores and labels", () => {
    const scores = floats([1, 0, 0, 1], [2, 2]);
    const cases: [HostOutputs, string][] = [
      [{ scores, labels: ints([0]) }, "got scores [2, 2] and labels [1]"],
      [{ scores, labels: ints([0, 2]) }, "got 2 as the label of sample 1. Labels are integers from 0 to 1."],
      [{ scores, labels: ints([0, -1]) }, "got -1 as the label"],
      [{ scores, labels: floats([0, 0.5]) }, "got 0.5 as the label"],
      [{ scores, labels: ints([1, 1, 0, 1], [2, 2]) }, "got a row [1, 1] as the label of sample 0"],
      [{ scores, labels: ints([0, 0, 0, 1], [2, 2]) }, "got a row [0, 0] as the label of sample 0"],
      [{ scores, labels: ints([1, 0, 0, 1, 0, 0], [2, 3]) }, "got labels of shape [2, 3]"],
      [{ scores: floats([1], [1, 1, 1]), labels: ints([0]) }, "got scores of shape [1, 1, 1]"],
      [{ scores: floats([], [1, 0]), labels: ints([0]) }, "got scores of shape [1, 0]"],
      [{ scores: floats([0.5]), labels: ints([0]) }, "got 0.5 as the predicted class of sample 0"],
    ];
    for (const [outputs, message] of cases) {
      expect(() => accuracy().update(outputs)).toThrow(message);
      expect(() => accuracy().update(outputs)).toThrow(wrongInput);
    }
  });
});

describe("topK", () => {
  it("equals scikit-learn, accuracy at k = 1, and 1 at the number of classes", () => {
    expect(after(topK({ k: 2 }), multiBatch)).toBe(multi.top2);
    expect(after(topK({ k: 3 }), multiBatch)).toBe(multi.top3);
    expect(after(topK({ k: 1 }), multiBatch)).toBe(multi.accuracy);
    expect(after(topK(), multiBatch)).toBe(1);
  });

  it("puts the lower of equal classes first", () => {
    const scores = floats([1, 1, 1], [1, 3]);
    expect([0, 1, 2].map((label) => after(topK({ k: 2 }), { scores, labels: ints([label]) }))).toEqual([1, 1, 0]);
  });

  it("is NaN once a score is, and names a k that does not fit", () => {
    expect(after(topK({ k: 1 }), { scores: floats([0, NaN], [1, 2]), labels: ints([0]) })).toBeNaN();
    expect(() => topK({ k: 0 })).toThrow("topK() got k: 0.");
    expect(() => topK({ k: 3 }).update({ scores: floats([0, 1], [1, 2]), labels: ints([0]) })).toThrow("at least k = 3 classes");
    expect(() => topK({ k: 2 }).loadState(topK({ k: 3 }).saveState())).toThrow("k is 3 in it, but 2 here");
  });
});

describe("mean", () => {
  it("weights values, and leaves out those of weight 0", () => {
    const metric = mean({ values: "loss", weights: "tokens" });
    expect(after(metric, { loss: floats([1, 4, NaN]), tokens: ints([3, 1, 0]) })).toBe(7 / 4);
    expect(after(mean(), { values: floats([1, 2, 6], [3, 1]) })).toBe(3);
    expect(after(mean(), { values: floats([1, NaN]) })).toBeNaN();
  });

  it("sums in float64", () => {
    const metric = mean();
    for (let i = 0; i < 10; i++) metric.update({ values: floats(new Array<number>(100_000).fill(0.1)) });
    expect(metric.compute()).toBeCloseTo(Math.fround(0.1), 12);
  });

  it("names wrong weights and directions", () => {
    const metric = mean({ weights: "w" });
    expect(() => metric.update({ values: floats([1]), w: floats([1, 2]) })).toThrow("got values [1] and weights [2]");
    expect(() => metric.update({ values: floats([1]), w: floats([-1]) })).toThrow("got the weight -1");
    expect(() => mean({ direction: "up" as "max" })).toThrow('mean() got direction: "up". It takes "max" or "min".');
    expect(mean({ direction: "max" }).direction).toBe("max");
  });
});

describe("confusionMatrix and perClassAccuracy", () => {
  it("equal scikit-learn", () => {
    const matrix = confusionMatrix();
    matrix.update(multiBatch);
    expect([...matrix.confusion().counts]).toEqual(multi.confusion);
    expect([...computePerClassAccuracy(matrix.confusion())]).toEqual(multi.perClassAccuracy);
    expect(Object.values(after(perClassAccuracy(), multiBatch))).toEqual(multi.perClassAccuracy);
  });

  it("name cells and classes", () => {
    const outputs = { scores: ints([0, 1, 1]), labels: ints([0, 0, 1]) };
    expect(after(confusionMatrix({ classNames: ["cat", "dog"] }), outputs)).toEqual({
      "cat/cat": 1,
      "cat/dog": 1,
      "dog/cat": 0,
      "dog/dog": 1,
    });
    expect(after(perClassAccuracy({ classNames: ["cat", "dog", "owl"] }), outputs)).toEqual({ cat: 0.5, dog: 1, owl: NaN });
    expect(after(perClassAccuracy(), outputs)).toEqual({ 0: 0.5, 1: 1 });
  });

  it("grow with the classes that are seen, up to a limit", () => {
    const matrix = confusionMatrix();
    matrix.update({ scores: ints([0]), labels: ints([0]) });
    matrix.update({ scores: ints([2]), labels: ints([1]) });
    expect(matrix.confusion()).toEqual({ numClasses: 3, counts: Float64Array.from([1, 0, 0, 0, 0, 1, 0, 0, 0]) });
    expect(() => matrix.update({ scores: ints([0]), labels: ints([4096]) })).toThrow("met class 4096");
    expect(() => confusionMatrix({ classNames: ["a"] }).update({ scores: ints([1]), labels: ints([0]) })).toThrow(
      "counts 1 classes at most",
    );
    expect(() => confusionMatrix({ classNames: ["a"] }).loadState(matrix.saveState())).toThrow("it has 3 classes, but classNames has 1");
    expect(() => confusionMatrix().loadState({ ...matrix.saveState(), numClasses: 2 })).toThrow("it has 9 counts for 2 classes");
    expect(() => confusionMatrix({ classNames: ["a", "a"] })).toThrow(
      'confusionMatrix() got classNames: ["a", "a"]. It takes a list of 1 to 4096 different names.',
    );
    expect(() => confusionMatrix({ scores: 3 as never })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });

  it("make the row of a label NaN when its scores are", () => {
    const outputs = { scores: floats([NaN, 0, 0, 1], [2, 2]), labels: ints([0, 1]) };
    expect(after(confusionMatrix(), outputs)).toEqual({ "0/0": NaN, "0/1": NaN, "1/0": 0, "1/1": 1 });
    expect(after(perClassAccuracy(), outputs)).toEqual({ 0: NaN, 1: 1 });
  });
});

describe("computeAuroc", () => {
  it("counts hand-made pairs, equal scores as half", () => {
    expect(computeAuroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(computeAuroc([1, 1, 1, 1], [0, 1, 0, 1])).toBe(0.5);
    expect(computeAuroc([1, 2, 2, 3], [0, 0, 1, 1])).toBe(3.5 / 4);
    expect(computeAuroc([0, -0], [0, 1])).toBe(0.5);
    expect(computeAuroc([-Infinity, Infinity], [0, 1])).toBe(1);
    expect(computeAuroc([1, 0], [0, 1])).toBe(0);
  });

  it("equals scikit-learn", () => {
    expect(computeAuroc(binary.scores, binary.labels)).toBeCloseTo(binary.auroc, 14);
    expect(after(auroc(), { scores: floats(binary.scores), labels: ints(binary.labels) })).toBeCloseTo(binary.auroc, 14);
    expect(after(auroc(), { scores: floats(binary.scores, [200, 1]), labels: floats(binary.labels, [200, 1]) })).toBeCloseTo(
      binary.auroc,
      14,
    );
  });

  it("is NaN where it is not defined", () => {
    expect(computeAuroc([1, 2], [1, 1])).toBeNaN();
    expect(computeAuroc([1, 2], [0, 0])).toBeNaN();
    expect(computeAuroc([], [])).toBeNaN();
    expect(computeAuroc([NaN, 2], [0, 1])).toBeNaN();
  });

  it("names labels that are not 0 or 1, and missing ones", () => {
    expect(() => computeAuroc([1, 2], [0, 2])).toThrow("AUROC got 2 as the label of sample 1. Labels are 0 or 1.");
    expect(() => computeAuroc([1, 2], [0])).toThrow("the scores of 2 samples and 1 labels");
    expect(() => computeAurocPerClass([1, 2, 3], [3], 3)).toThrow("class indices from 0 to 2");
  });
});

describe("auroc over classes", () => {
  it("equals scikit-learn, one class against the others and their mean", () => {
    const perClass = after(aurocPerClass({ logits: true, classNames: ["a", "b", "c", "d", "e"] }), multiBatch) as Record<string, number>;
    expect(Object.keys(perClass)).toEqual(["a", "b", "c", "d", "e"]);
    Object.values(perClass).forEach((area, index) => expect(area).toBeCloseTo(multi.aurocPerClass[index]!, 14));
    expect(after(auroc({ logits: true }), multiBatch)).toBeCloseTo(multi.auroc, 14);
  });

  it("takes two columns of logits as the probability of the second class", () => {
    const outputs = { scores: floats(two.logits, [80, 2]), labels: ints(two.labels) };
    expect(after(auroc(), outputs)).toBeCloseTo(two.auroc, 14);
    const perClass = after(aurocPerClass(), outputs) as Record<string, number>;
    expect(perClass["0"]).toBe(perClass["1"]);
    expect(perClass["1"]).toBeCloseTo(two.auroc, 14);
  });

  it("averages over the classes that are there, and is NaN without any or with a NaN score", () => {
    const scores = floats([1, 0, 0, 0, 1, 0], [2, 3]);
    expect([...computeAurocPerClass(scores.data, [0, 1], 3)]).toEqual([1, 1, NaN]);
    expect(after(auroc(), { scores, labels: ints([0, 1]) })).toBe(1);
    expect(after(auroc(), { scores, labels: ints([1, 1]) })).toBeNaN();
    expect(after(auroc(), { scores: floats([1, 0, 0, NaN, 1, 0], [2, 3]), labels: ints([0, 1]) })).toBeNaN();
    expect(after(auroc(), { scores: floats([NaN, 1]), labels: ints([0, 1]) })).toBeNaN();
  });

  it("names scores that change their shape, and states that do not fit", () => {
    const metric = auroc();
    metric.update({ scores: floats([1, 0, 0], [1, 3]), labels: ints([2]) });
    expect(() => metric.update({ scores: floats([1, 0], [1, 2]), labels: ints([1]) })).toThrow("They are [batch, 3], as before");
    expect(() => auroc().update({ scores: floats([1], []), labels: ints([1]) })).toThrow(wrongInput);
    expect(() => auroc().update({ scores: floats([1]), labels: ints([2]) })).toThrow("Labels are integers from 0 to 1");
    expect(() => auroc().loadState({ ...metric.saveState(), width: 2 })).toThrow("it has 3 scores for 1 labels");
    const binaryMetric = auroc();
    binaryMetric.update({ scores: floats([1]), labels: ints([1]) });
    expect(() => metric.merge(binaryMetric.saveState())).toThrow("width is 1 in it, but 3 here");
  });
});
