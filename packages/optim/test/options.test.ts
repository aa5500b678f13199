import { SnapfitError } from "@snapfit/base";
import { describe, expect, test } from "vitest";
import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamW,
  chain,
  constant,
  cosine,
  cosineRestarts,
  exponential,
  inverseSquareRoot,
  lambda,
  lamb,
  lion,
  lookahead,
  multiStep,
  nadam,
  oneCycle,
  polynomial,
  radam,
  reduceOnPlateau,
  rmsProp,
  sgd,
  stepDecay,
  warmup,
  warmupStableDecay,
} from "../src/index.js";
import { errorOf } from "./error-of.js";

const match = (): boolean => true;

const invalid: [string, () => unknown, RegExp][] = [
  ["a negative rate", () => adamW({ learningRate: -1 }), /^adamW\(\) got learningRate: -1\. It takes a finite number of at least 0/],
  ["a rate of NaN", () => sgd({ learningRate: NaN }), /learningRate: NaN/],
  ["an infinite rate", () => rmsProp({ learningRate: Infinity }), /learningRate: Infinity/],
  ["a rate as text", () => adam({ learningRate: "0.1" as never }), /learningRate: "0\.1"/],
  ["no rate for sgd", () => sgd({} as never), /^sgd\(\) got no learningRate\. It takes /],
  ["no options for sgd", () => sgd(undefined as never), /^sgd\(\) got no options\. It takes an object with learningRate, /],
  ["a negative weight decay", () => adamW({ weightDecay: -0.1 }), /^adamW\(\) got weightDecay: -0\.1/],
  ["a beta of 1", () => adam({ beta1: 1 }), /^adam\(\) got beta1: 1\. It takes a number of at least 0 and below 1/],
  ["Nesterov without momentum", () => sgd({ learningRate: 1, nesterov: true }), /^sgd\(\) got nesterov: true without momentum/],
  [
    "Nesterov with dampening",
    () => sgd({ learningRate: 1, momentum: 0.9, nesterov: true, dampening: 0.1 }),
    /^sgd\(\) got dampening: 0\.1 with nesterov/,
  ],
  ["dampening without momentum", () => sgd({ learningRate: 1, dampening: 0.1 }), /^sgd\(\) got dampening: 0\.1 without momentum/],
  ["maximize as a number", () => adam({ maximize: 1 as never }), /^adam\(\) got maximize: 1\. It takes true or false/],
  ["a negative sum to start from", () => adagrad({ initialSum: -1 }), /^adagrad\(\) got initialSum: -1/],
  ["a rho above 1", () => adadelta({ rho: 2 }), /^adadelta\(\) got rho: 2\. It takes a number from 0 to 1/],
  ["a beta2 of 1", () => adamax({ beta2: 1 }), /^adamax\(\) got beta2: 1/],
  ["a negative momentum decay", () => nadam({ momentumDecay: -1 }), /^nadam\(\) got momentumDecay: -1/],
  ["a decoupling that is none", () => radam({ decoupledWeightDecay: "yes" as never }), /^radam\(\) got decoupledWeightDecay: "yes"/],
  ["a threshold of 0", () => adafactor({ clipThreshold: 0 }), /^adafactor\(\) got clipThreshold: 0\. It takes a finite number above 0/],
  ["a negative rate of lamb", () => lamb({ learningRate: -1 }), /^lamb\(\) got learningRate: -1/],
  [
    "lookahead around nothing",
    () => lookahead(undefined as never),
    /^lookahead\(\) got no optimizer\. It takes an optimizer such as adamW\(\)/,
  ],
  ["lookahead every 0 steps", () => lookahead(adam(), { everySteps: 0 }), /^lookahead\(\) got everySteps: 0/],
  ["an alpha above 1", () => lookahead(adam(), { alpha: 1.5 }), /^lookahead\(\) got alpha: 1\.5/],
  ["another noDecay", () => adamW({ noDecay: "bias" as never }), /It takes "biasAndNorm"/],
  ["groups that are no array", () => adamW({ groups: {} as never }), /^adamW\(\) got groups: \{\}/],
  ["a group without name", () => adamW({ groups: [{ match } as never] }), /^adamW\(\) got no groups\[0\]\.name\. It takes /],
  ["a group with an empty name", () => adamW({ groups: [{ name: "", match }] }), /^adamW\(\) got groups\[0\]\.name: ""/],
  [
    "a group whose match is no function",
    () => adamW({ groups: [{ name: "a", match: ["a"] as never }] }),
    /^adamW\(\) got groups\[0\]\.match: \["a"\]/,
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
    /groups\[1\]\.name: "a", which is taken/,
  ],
  ["a group called default", () => adamW({ groups: [{ name: "default", match }] }), /which is taken/],
  [
    "a rate of a group below 0",
    () => adamW({ groups: [{ name: "a", match, learningRate: -1 }] }),
    /^adamW\(\) got groups\[0\]\.learningRate: -1/,
  ],
  ["cosine over 0 steps", () => cosine({ totalSteps: 0 }), /^cosine\(\) got totalSteps: 0\. It takes a whole number of at least 1/],
  ["a smallest factor above 1", () => cosine({ minFactor: 2 }), /from 0 to 1/],
  ["stepDecay of no unit", () => stepDecay({} as never), /neither everyEpochs nor everySteps/],
  ["stepDecay of both units", () => stepDecay({ everyEpochs: 1, everySteps: 1 } as never), /both everyEpochs and everySteps/],
  ["exponential without factor", () => exponential({} as never), /^exponential\(\) got no factor\. It takes /],
  ["a unit that is none", () => exponential({ factor: 0.5, unit: "batch" as never }), /It takes "epoch" or "step"/],
  ["a rise over half of three phases", () => oneCycle({ threePhase: true, pctStart: 0.6 }), /from 0 to 0\.5/],
  ["a divisor of 0", () => oneCycle({ divFactor: 0 }), /a finite number above 0/],
  ["a momentum cycle that is none", () => oneCycle({ momentum: true as never }), /^oneCycle\(\) got momentum: true\. It takes an object/],
  [
    "a momentum that rises with the rate",
    () => oneCycle({ momentum: { min: 0.9, max: 0.8 } }),
    /^oneCycle\(\) got momentum: \{ min: 0\.9, max: 0\.8 \}\. It takes a min \(0\.85 by default\) of at most its max/,
  ],
  ["a momentum of 1", () => oneCycle({ momentum: { max: 1 } }), /^oneCycle\(\) got momentum\.max: 1/],
  ["a power of 0", () => polynomial({ power: 0 }), /^polynomial\(\) got power: 0/],
  ["multiStep of no unit", () => multiStep({} as never), /^multiStep\(\) got neither epochs nor steps/],
  ["multiStep of both units", () => multiStep({ epochs: [1], steps: [1] } as never), /both epochs and steps/],
  [
    "milestones that do not rise",
    () => multiStep({ epochs: [30, 30] }),
    /^multiStep\(\) got epochs: \[30, 30\]\. It takes a list of rising whole numbers/,
  ],
  ["a milestone at 0", () => multiStep({ steps: [0] }), /^multiStep\(\) got steps: /],
  ["no milestone", () => chain({ steps: [] }, [constant()]), /^chain\(\) got steps: \[\]/],
  ["a schedule too few", () => chain({ steps: [5] }, [constant()]), /^chain\(\) got schedules: .*\. It takes a list of 2/],
  [
    "a metric schedule in a chain",
    () => chain({ steps: [5] }, [constant(), reduceOnPlateau() as never]),
    /^chain\(\) got schedules\[1\]: a Plateau\. It takes a schedule by step or epoch/,
  ],
  ["a schedule by step between epochs", () => chain({ epochs: [5] }, [constant(), cosine()]), /^chain\(\) got schedules\[1\] by step/],
  ["restarts without a period", () => cosineRestarts({} as never), /^cosineRestarts\(\) got no periodSteps\. It takes /],
  ["half a period factor", () => cosineRestarts({ periodSteps: 4, periodFactor: 1.5 }), /^cosineRestarts\(\) got periodFactor: 1\.5/],
  ["no timescale", () => inverseSquareRoot({} as never), /^inverseSquareRoot\(\) got no timescaleSteps\. It takes /],
  ["no steps to fall", () => warmupStableDecay({} as never), /^warmupStableDecay\(\) got no decaySteps\. It takes /],
  [
    "a rise and a fall that are longer than the run",
    () => warmupStableDecay({ warmupSteps: 6, decaySteps: 5, totalSteps: 10 }),
    /warmupSteps: 6 and decaySteps: 5 for totalSteps: 10/,
  ],
  ["a lambda that is none", () => lambda(3 as never), /^lambda\(\) got factorAt: 3\. It takes a function/],
  ["part of a step", () => warmup({ steps: 1.5 }), /^warmup\(\) got steps: 1\.5/],
  ["a metric schedule behind warmup", () => warmup({ steps: 1 }, reduceOnPlateau() as never), /one that follows a metric has no place/],
  ["a function as schedule behind warmup", () => warmup({ steps: 1 }, match as never), /schedule: a function/],
  ["a plateau factor of 1", () => reduceOnPlateau({ factor: 1 }), /^reduceOnPlateau\(\) got factor: 1/],
  ["an empty monitor", () => reduceOnPlateau({ monitor: "" }), /^reduceOnPlateau\(\) got monitor: ""/],
  [
    "a threshold of two kinds",
    () => reduceOnPlateau({ threshold: { relative: 1, absolute: 1 } as never }),
    /^reduceOnPlateau\(\) got threshold: /,
  ],
  ["a threshold as text", () => reduceOnPlateau({ threshold: "1" as never }), /^reduceOnPlateau\(\) got threshold: "1"/],
];

test.each(invalid)("%s is refused, with the value and what was expected", (_, make, message) => {
  expect(errorOf(make)).toMatchObject({ code: "OPTION_INVALID", message: expect.stringMatching(message) });
});

describe("an unknown option", () => {
  test("is named with the nearest known one", () => {
    expect(errorOf(() => adamW({ learningrate: 1 } as never))).toMatchObject({
      code: "OPTION_UNKNOWN",
      message: expect.stringMatching(/^adamW\(\) has no option "learningrate"\. Did you mean "learningRate"\?/),
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
      message: expect.stringMatching(/^warmup\(\) has no option "xyz"\. Known: steps, from\.$/),
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
  // @ts-expect-error lion divides by no root
  expect(() => lion({ epsilon: 1 })).toThrow(SnapfitError);
  // @ts-expect-error one of two units
  expect(() => multiStep({ epochs: [1], steps: [2] })).toThrow(SnapfitError);
  // @ts-expect-error a schedule is no optimizer
  expect(() => lookahead(cosine())).toThrow(SnapfitError);
  // @ts-expect-error a metric schedule has no at()
  expect(() => chain({ steps: [1] }, [cosine(), reduceOnPlateau()])).toThrow(SnapfitError);
  // @ts-expect-error a metric schedule has no at()
  expect(() => warmup({ steps: 3 }, reduceOnPlateau())).toThrow(SnapfitError);
});
