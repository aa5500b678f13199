/**
 * What is read of vitest's JSON report.
 * @typedef {{ name: string, status: string, assertionResults: { status: string }[] }} FileResult
 * @typedef {{ testResults: FileResult[] }} TestReport
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/**
 * Counts the tests of a run. A file that could not be loaded holds no test and counts as one failure.
 * @param {TestReport} report @returns {Counts}
 */
export function countTests({ testResults }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of testResults) {
    for (const test of assertionResults) {
      if (test.status === "passed") counts.passed++;
      else if (test.status === "failed") counts.failed++;
      else counts.skipped++;
    }
    if (status === "failed" && !assertionResults.some((test) => test.status === "failed")) counts.failed++;
  }
  return counts;
}

/** The last line of a CI run: `12 passed, 0 failed`, with `, 3 skipped` where some were. @param {Counts} counts */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
