import { describe, expect, it } from "vitest";
import { runSuite } from "./conformance/run-suite.js";

/** Passing tests of tfjs-core 4.22 on the cpu backend; fewer would mean that tests were lost on the way. */
const numPassingOnCpu = 4_227;

describe("TensorFlow.js' own test suite", () => {
  it("passes on the native engine as on cpu", async () => {
    const { passed, failures } = await runSuite({ backend: "native" });
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThanOrEqual(numPassingOnCpu);
  });
});
