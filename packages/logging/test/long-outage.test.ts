import { expect, test } from "vitest";
import { outagesOf } from "./support/run-outage.js";

const outage = outagesOf(new URL("./long-outage-child.ts", import.meta.url));

test("a server that refuses for 7 hours costs no memory, and then gets 500,000 rows in order", async () => {
  const { grownMB, numRefused, ...outcome } = await outage(7, 500_000);
  expect(outcome).toEqual({ end: "complete", numTroubles: 2, numArrived: 500_000, isInOrder: true });
  expect(numRefused).toBeGreaterThan(400);
  expect(grownMB).toBeLessThan(50);
});
