import { describe, it } from "vitest";
import { expectConformance } from "./conformance/expect-conformance.js";

describe("TensorFlow.js' own test suite", () => {
  it("passes on the native engine as on cpu", async () => {
    await expectConformance({ backend: "native" });
  });
});
