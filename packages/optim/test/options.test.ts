import { SnapfitError } from "@snapfit/base";
import { describe, expect, test } from "vitest";
import { adam, adamW, cosine, exponential, oneCycle, reduceOnPlateau, rmsProp, sgd, stepDecay, warmup } from "../src/index.js";
import { errorOf } from "./error-of.js";

const match = (): boolean => true;

const invalid: [string, () => unknown, RegExp][] = [
  ["a negative rate", () => adamW({ learningRate: -1 }), /learningRate of adamW is -1\. Expected a finite number of at least 0/],
  ["a rate of NaN", () => sgd({ learningRate: NaN }), /is NaN/],
  ["an infinite rate", () => rmsProp({ learningRate: Infinity }), /is Infinity/],
  ["a rate as text", () => adam({ learningRate: "0.1" as never }), /is "0\.1"/],
  ["no rate for sgd", () => sgd({} as never), /Option learningRate of sgd is missing/],
  ["no options for sgd", () => sgd(undefined as never), /sgd got undefined as options/],
  ["a negative weight decay", () => adamW({ weightDecay: -0.1 }), /weightDecay of adamW is -0\.1/],
  ["a beta of 1", () => adam({ beta1: 1 }), /beta1 of adam is 1\. Expected a finite number from 0 up to, but not, 1/],
  ["Nesterov without momentum", () => sgd({ learningRate: 1, nesterov: true }), /true without momentum/],
  ["another noDecay", () => adamW({ noDecay: "bias" as never }), /Expected "biasAndNorm"/],
  ["groups that are no array", () => adamW({ groups: {} as never }), /groups of adamW is an object/],
  ["a group without name", () => adamW({ groups: [{ match } as never] }), /name of adamW groups\[0\] is missing/],
  ["a group with an empty name", () => adamW({ groups: [{ name: "", match }] }), /name of adamW groups\[0\] is ""/],
  [
    "a group whose match is no function",
    () => adamW({ groups: [{ name: "a", match: ["a"] as never }] }),
    /match of adamW groups\[0\] is an array of 1/,
  ],
  [
    "two groups of one name",
    () =>
      adamW({
        groups: [
          { name: "a", match },
          { name: "a", match },
        ],
      }),
    /groups\[1\] is "a", which is taken/,
  ],
  ["a group called default", () => adamW({ groups: [{ name: "default", match }] }), /which is taken/],
  [
    "a rate of a group below 0",
    () => adamW({ groups: [{ name: "a", match, learningRate: -1 }] }),
    /learningRate of adamW groups\[0\] is -1/,
  ],
  ["cosine over 0 steps", () => cosine({ totalSteps: 0 }), /totalSteps of cosine is 0\. Expected a whole number of at least 1/],
  ["a smallest factor above 1", () => cosine({ minFactor: 2 }), /from 0 to 1/],
  ["stepDecay of no unit", () => stepDecay({} as never), /neither everyEpochs nor everySteps/],
  ["stepDecay of both units", () => stepDecay({ everyEpochs: 1, everySteps: 1 } as never), /both everyEpochs and everySteps/],
  ["exponential without factor", () => exponential({} as never), /factor of exponential is missing/],
  ["a unit that is none", () => exponential({ factor: 0.5, unit: "batch" as never }), /Expected "epoch" or "step"/],
  ["a rise over half of three phases", () => oneCycle({ threePhase: true, pctStart: 0.6 }), /from 0 to 0\.5/],
  ["a divisor of 0", () => oneCycle({ divFactor: 0 }), /a finite number above 0/],
  ["part of a step", () => warmup({ steps: 1.5 }), /steps of warmup is 1\.5/],
  ["a metric schedule behind warmup", () => warmup({ steps: 1 }, reduceOnPlateau() as never), /one that follows a metric has no place/],
  ["a function as schedule behind warmup", () => warmup({ steps: 1 }, match as never), /is a function/],
  ["a plateau factor of 1", () => reduceOnPlateau({ factor: 1 }), /factor of reduceOnPlateau is 1/],
  ["an empty monitor", () => reduceOnPlateau({ monitor: "" }), /monitor of reduceOnPlateau is ""/],
  ["a threshold of two kinds", () => reduceOnPlateau({ threshold: { relative: 1, absolute: 1 } as never }), /threshold of reduceOnPlateau/],
  ["a threshold as text", () => reduceOnPlateau({ threshold: "1" as never }), /threshold of reduceOnPlateau is "1"/],
];

test.each(invalid)("%s is refused, with the value and what was expected", (_, make, message) => {
  expect(errorOf(make)).toMatchObject({ code: "OPTION_INVALID", message: expect.stringMatching(message) });
});

describe("an unknown option", () => {
  test("is named with the nearest known one", () => {
    expect(errorOf(() => adamW({ learningrate: 1 } as never))).toMatchObject({
      code: "OPTION_UNKNOWN",
      message: expect.stringMatching(/adamW has no option "learningrate"\. Did you mean "learningRate"\?/),
    });
    expect(errorOf(() => sgd({ learningRate: 1, momentm: 1 } as never))).toMatchObject({
      code: "OPTION_UNKNOWN",
      message: expect.stringMatching(/Did you mean "momentum"/),
    });
    expect(errorOf(() => cosine({ minfactor: 1 } as never))).toMatchObject({
      code: "OPTION_UNKNOWN",
      message: expect.stringMatching(/Did you mean "minFactor"/),
    });
  });

  test("without a near one is answered by all that there are", () => {
    expect(errorOf(() => warmup({ steps: 1, xyz: 1 } as never))).toMatchObject({
      code: "OPTION_UNKNOWN",
      message: expect.stringMatching(/^warmup has no option "xyz"\. It takes steps, from\.$/),
    });
  });

  test("may not be a name that every object has", () => {
    expect(errorOf(() => adamW({ toString: 1 } as never))).toMatchObject({
      code: "OPTION_UNKNOWN",
      message: expect.stringMatching(/"toString"/),
    });
  });
});

test("an option that is undefined counts as left out", () => {
  expect(adamW({ learningRate: undefined }).groups).toEqual([{ name: "default", learningRate: 0.001 }]);
  expect(cosine({ totalSteps: undefined }).at({ step: 2, epoch: 0, totalSteps: 4 })).toBeCloseTo(0.5, 15);
});

test("options that cannot be meant do not compile", () => {
  // @ts-expect-error sgd needs a rate
  expect(() => sgd({ momentum: 0.9 })).toThrow(SnapfitError);
  // @ts-expect-error one of two units
  expect(() => stepDecay({ everyEpochs: 1, everySteps: 2 })).toThrow(SnapfitError);
  // @ts-expect-error a metric schedule has no at()
  expect(() => warmup({ steps: 3 }, reduceOnPlateau())).toThrow(SnapfitError);
});
