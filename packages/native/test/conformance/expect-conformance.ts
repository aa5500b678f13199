import { expect } from "vitest";
import { runSuite, type SuiteOptions } from "./run-suite.js";

/** Tests of the suite that ask for something wrong, with the reason. */
const exclusions: Readonly<Record<string, string>> = {
  "avgPool native {} gradient x=[3,3,1] f=[3,3] s=1 p=explicit":
    "The test wants the gradient divided by the full window, but the average is over the cells inside: ours equals finite differences.",
  "depthwiseConv2d gradients native {} throws error on dilations > 1": "Native has the gradient that TensorFlow.js lacks.",
};

/** Tests of tfjs-core 4.22 that pass on the cpu backend, without two on switching between cpu backends; fewer would mean that tests were lost on the way. */
const numTests = 4_225;

/** Runs TensorFlow.js' suite; all of it has to pass, but for the exclusions, which have to fail. */
export async function expectConformance(options: SuiteOptions): Promise<void> {
  const { passed, failures } = await runSuite(options);
  expect(failures.filter(({ name }) => exclusions[name] === undefined)).toEqual([]);
  expect(failures.map(({ name }) => name).sort()).toEqual(Object.keys(exclusions).sort());
  expect(passed + failures.length).toBeGreaterThanOrEqual(numTests);
}
