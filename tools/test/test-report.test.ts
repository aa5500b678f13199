import { expect, test } from "vitest";
import { countTests, summaryLine } from "../lib/test-report.mjs";

const file = (status: string, ...tests: string[]) => ({
  name: "a.test.ts",
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

test("tests are counted over all files, and whatever neither passed nor failed was skipped", () => {
  const report = { testResults: [file("passed", "passed", "pending", "todo"), file("failed", "passed", "failed")] };
  expect(countTests(report)).toEqual({ passed: 2, failed: 1, skipped: 2 });
});

test("a file that could not be loaded counts as one failure", () => {
  expect(countTests({ testResults: [file("failed")] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("a file whose clean-up failed after passing tests counts as one failure", () => {
  expect(countTests({ testResults: [file("failed", "passed")] })).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

test("the last line of a CI run names skipped tests only where there are any", () => {
  expect(summaryLine({ passed: 12, failed: 0, skipped: 0 })).toBe("12 passed, 0 failed");
  expect(summaryLine({ passed: 12, failed: 1, skipped: 3 })).toBe("12 passed, 1 failed, 3 skipped");
});
