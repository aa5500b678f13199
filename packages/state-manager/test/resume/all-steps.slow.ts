import { describe, expect, test } from "vitest";
import { devices, stopAndResumeProgram } from "./stop-and-resume.js";

const stopAndResume = stopAndResumeProgram();

describe.concurrent("a run goes on in a new process to the same bits from wherever it was stopped", () => {
  test.each(devices)("on %s", async (device) => {
    const stops = await stopAndResume(device, "all");
    expect(stops.length).toBeGreaterThan(260);
  });
});
