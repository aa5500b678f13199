import { expect, test } from "vitest";
import { outagesOf } from "./support/run-outage.js";

const outage = outagesOf(new URL("./long-outage-child.ts", import.meta.url));

test("a server that refuses for 72 hours costs at most 50 MB, and then gets 5 million rows in order", async () => {
  const { grownMB, numRefused, ...outcome } = await outage(72, 5_000_000);
  expect(outcome).toEqual({ end: "complete", numTroubles: 2, numArrived: 5_000_000, isInOrder: true });
  expect(numRefused).toBeGreaterThan(4300);
  expect(grownMB).toBeLessThan(50);
});
