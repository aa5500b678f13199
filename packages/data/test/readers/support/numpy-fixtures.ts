import { readFileSync } from "node:fs";

/** A file that NumPy wrote, with its values as text. */
interface NpyCase {
  readonly descr: string;
  readonly version: number;
  readonly shape: readonly number[];
  readonly fortran: boolean;
  readonly file: string;
  readonly values: readonly string[];
}

/** What `test/fixtures/readers/make_numpy.py` writes; files are in base64. */
interface NumpyFixtures {
  readonly arrays: readonly NpyCase[];
  readonly archives: Readonly<Record<"stored" | "deflated", string>>;
  readonly refused: Readonly<Record<string, string>>;
}

export const numpyFixtures = JSON.parse(
  readFileSync(new URL("../../fixtures/readers/numpy.json", import.meta.url), "utf8"),
) as NumpyFixtures;
