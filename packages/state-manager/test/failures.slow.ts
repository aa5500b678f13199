import { describe, expect, test } from "vitest";
import { everyFailure, failAndContinue, failAndStop } from "./support/fail-and-go-on.js";

describe.each(["ckpt", "safetensors"] as const)("a failing call of a save of %s files", (format) => {
  test.each([
    ["continue", failAndContinue],
    ["stop", failAndStop],
  ] as const)("%s", async (_, check) => {
    const { whole, failures } = await everyFailure(format);
    console.log(`${failures.length} failures`);
    expect(failures.length).toBeGreaterThan(400);
    for (const failure of failures) await check(format, failure, whole);
  });
});
