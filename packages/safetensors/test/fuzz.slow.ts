import { expect, test } from "vitest";
import { fuzz } from "./fuzz.js";

/** It takes ten minutes on an idle core. */
const TIMEOUT_MS = 7_200_000;

test(
  "10 million damaged files are each accepted as a whole or refused with a code",
  async () => {
    const start = performance.now();
    const counts = await fuzz(2, 10_000_000);
    console.log(`${Math.round((performance.now() - start) / 1000)} s`, counts);
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(10_000_000);
  },
  TIMEOUT_MS,
);
