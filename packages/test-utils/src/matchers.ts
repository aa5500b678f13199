import { expectAllClose, type Tolerance } from "./expect-all-close.js";
import { expectSameBits } from "./expect-same-bits.js";

/** What the matchers add to `expect(…)`, to be merged into the types of the test runner. */
export interface SnapfitMatchers<Result = void> {
  /** All numbers are close: tensors, host tensors, arrays, and records of these. */
  toBeAllClose(expected: unknown, tolerance?: Tolerance): Result;
  /** The same bits in states, weights, tensors and arrays. */
  toHaveSameBits(expected: unknown): Result;
}

interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * For `expect.extend(matchers)` of Vitest, Jest and what is like them.
 * @example
 * const { pass, message } = matchers.toBeAllClose([1, 2], [1, 2.5], { absolute: 0.1 });
 * console.log(pass, message()); // false "1 of 2 values is not close; the worst at [1]: 2 instead of 2.5 …"
 */
export const matchers = {
  toBeAllClose: (actual: unknown, expected: unknown, tolerance?: Tolerance): MatcherResult =>
    resultOf(() => expectAllClose(actual, expected, tolerance), "All values are close, which was not expected."),
  toHaveSameBits: (actual: unknown, expected: unknown): MatcherResult =>
    resultOf(() => expectSameBits(actual, expected), "All bits are the same, which was not expected."),
};

function resultOf(check: () => void, whenPassed: string): MatcherResult {
  try {
    check();
    return { pass: true, message: () => whenPassed };
  } catch (error) {
    return { pass: false, message: () => (error as Error).message };
  }
}
