import { expect, it } from "vitest";
import { fuzz, parsers } from "./fuzz.js";

const NUM_INPUTS: Readonly<Record<string, number>> = { JPEG: 1500, Parquet: 2000 };

it.each(Object.keys(parsers))("damaged %s files are each accepted or refused with a code", async (name) => {
  const most = NUM_INPUTS[name] ?? 3000;
  const counts = await fuzz(name, 1, (numInputs) => numInputs === most);
  // The damage matters often, but not always.
  for (const outcome of ["accepted", parsers[name]!.codes[0]!]) expect(counts[outcome], outcome).toBeGreaterThan(10);
});
