import { describe, expect, test } from "vitest";
import { devices, stopAndResumeProgram } from "./stop-and-resume.js";

const stopAndResume = stopAndResumeProgram();

// `all-steps.slow.ts` has all events; these are the edges, some within validations, and a few from a fixed seed.
describe.concurrent("a run that is stopped and started again in a new process ends with the same bits", () => {
  test.each(devices)(
    "on %s",
    async (device) => {
      expect(await stopAndResume(device, 5)).toHaveLength(5);
    },
    180_000,
  );
});
