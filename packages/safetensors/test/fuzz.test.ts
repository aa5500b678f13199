import { expect, test } from "vitest";
import { fuzz } from "./fuzz.js";

test("30 000 damaged files are each accepted as a whole or refused with a code", async () => {
  const counts = await fuzz(1, 30_000);
  // The damage reaches every check.
  for (const code of ["accepted", "DTYPE_UNKNOWN", "DUPLICATE_KEY", "HEADER_INVALID", "HEADER_LENGTH", "OFFSETS_INVALID", "SHAPE_INVALID"])
    expect(counts[code], code).toBeGreaterThan(100);
});
