import { loggerConformance } from "@snapfit/test-utils";
import { expect, test } from "vitest";
import { allLoggers, companyCheck } from "./support/all-loggers.js";

test("all loggers in one trainer, in every order: each has every row once, also after a kill", async () => {
  await expect(companyCheck(Infinity).run()).resolves.toBeUndefined();
});

test.each(allLoggers.map(({ addOn, ...settings }) => ({ name: addOn.name, addOn, settings })))(
  "$name has every row once after a kill at every byte of a write",
  async ({ addOn, settings }) => {
    const checks = loggerConformance(addOn, { ...settings, everyByte: true });
    await expect(checks.find(({ name }) => name.endsWith("within a write"))!.run()).resolves.toBeUndefined();
  },
);
