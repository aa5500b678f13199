import { runSuite, type SuiteOptions } from "./run-suite.js";

/** Tests of the suite that ask for something wrong, with the reason. */
const exclusions: Readonly<Record<string, string>> = {
  "avgPool native {} gradient x=[3,3,1] f=[3,3] s=1 p=explicit":
    "The test wants the gradient divided by the full window, but the average is over the cells inside: ours equals finite differences.",
  "depthwiseConv2d gradients native {} throws error on dilations > 1": "Native has the gradient that TensorFlow.js lacks.",
};

/** Tests of tfjs-core 4.22 that pass on the cpu backend, without two on switching between cpu backends; fewer would mean that tests were lost on the way. */
const numTests = 4_225;

/** Runs TensorFlow.js' suite. @returns what is not as it should be: failures, exclusions that pass, tests that are gone */
export async function suiteProblems(options: SuiteOptions): Promise<string[]> {
  const { passed, failures } = await runSuite(options);
  const names = new Set(failures.map(({ name }) => name));
  const total = passed + failures.length;
  return [
    ...failures.filter(({ name }) => exclusions[name] === undefined).map(({ name, message }) => `${name}: ${message}`),
    ...Object.keys(exclusions)
      .filter((name) => !names.has(name))
      .map((name) => `${name}: passes, though it is excluded`),
    ...(total < numTests ? [`${total} tests ran, not ${numTests}`] : []),
  ];
}
