import { expect, test } from "vitest";
import { companyCheck } from "./support/all-loggers.js";

test("all loggers in one trainer, in every order: each has every row once, also after a kill", async () => {
  await expect(companyCheck(Infinity).run()).resolves.toBeUndefined();
});
