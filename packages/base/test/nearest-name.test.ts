import { describe, expect, it } from "vitest";
import { nearestName } from "@snapfit/base";
import { editDistance } from "../src/nearest-name.js";

describe("nearestName", () => {
  const options = ["learningRate", "weightDecay", "seed", "lr", "epochs"];

  it("finds slips of the keyboard", () => {
    expect(nearestName("learnigRate", options)).toBe("learningRate");
    expect(nearestName("LEARNINGRATE", options)).toBe("learningRate");
    expect(nearestName("wieghtDecay", options)).toBe("weightDecay");
    expect(nearestName("epoch", options)).toBe("epochs");
    expect(nearestName("sede", options)).toBe("seed");
  });

  it("stays silent when nothing is near", () => {
    expect(nearestName("momentum", options)).toBeUndefined();
    expect(nearestName("xy", options)).toBeUndefined();
    expect(nearestName("a", ["b"])).toBeUndefined();
    expect(nearestName("", options)).toBeUndefined();
    expect(nearestName("seed", [])).toBeUndefined();
  });
});

describe("editDistance", () => {
  it("counts insertions, removals, replacements and swaps", () => {
    expect(editDistance("", "abc")).toBe(3);
    expect(editDistance("abc", "")).toBe(3);
    expect(editDistance("kitten", "sitting")).toBe(3);
    expect(editDistance("ab", "ba")).toBe(1);
    expect(editDistance("same", "same")).toBe(0);
  });
});
