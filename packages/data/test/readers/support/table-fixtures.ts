import { readFileSync } from "node:fs";

/** What `test/fixtures/readers/make_tables.py` writes; files are in base64. */
interface TableFixtures {
  readonly csv: {
    readonly expected: {
      readonly note: readonly string[];
      readonly mass: readonly (number | null)[];
      readonly count: readonly number[];
      readonly ok: readonly boolean[];
      readonly day: readonly (number | null)[];
      readonly time: readonly (number | null)[];
    };
    readonly files: Readonly<Record<string, { readonly encoding: "utf-8" | "utf-16le" | "utf-16be" | "latin1"; readonly file: string }>>;
  };
  readonly parquet: Readonly<Record<string, string>>;
}

export const tableFixtures = JSON.parse(
  readFileSync(new URL("../../fixtures/readers/tables.json", import.meta.url), "utf8"),
) as TableFixtures;

/** The bytes of a fixture. */
export function fixtureBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** Bytes in pieces of a length. */
export function* pieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
