import { expect, test } from "vitest";
import { loggerConformance } from "../src/index.js";
import { brokenLoggers, readBrokenLog } from "./broken-loggers.js";

test.each(brokenLoggers)(
  "the conformance suite names what is wrong with a logger that $fault: $check",
  async ({ addOn, check, sentence }) => {
    const { run } = loggerConformance(addOn, { read: readBrokenLog }).find(({ name }) => name === check)!;
    await expect(run()).rejects.toThrow(sentence);
  },
);
