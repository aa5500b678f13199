import { expect, it } from "vitest";
import { fuzz, parsers } from "./fuzz.js";

/** In all a minute. */
const EACH_MS = 60_000 / Object.keys(parsers).length;

it.each(Object.keys(parsers))("damaged %s files are refused with a code, with little memory", async (name) => {
  const before = process.resourceUsage().maxRSS;
  const start = performance.now();
  const counts = await fuzz(name, 2, () => performance.now() - start > EACH_MS);
  console.log(name, counts);
  expect(counts["accepted"]).toBeGreaterThan(0);
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(400_000);
});
