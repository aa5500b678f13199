import { describe, expect, it } from "vitest";
import { suiteProblems } from "./conformance/suite-problems.js";

describe("TensorFlow.js' own test suite", () => {
  it("passes on the native engine as on cpu", async () => {
    expect(await suiteProblems({ backend: "native" })).toEqual([]);
  });
});
