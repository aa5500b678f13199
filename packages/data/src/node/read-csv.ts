import { SnapfitError } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import type { CsvColumn } from "../readers/csv-column.js";
import { parseCsv, type CsvOptions, type CsvTable } from "../readers/parse-csv.js";

/**
 * Typed columns of a CSV file in UTF-8.
 * @throws SnapfitError as `parseCsv`, and those of reading a file (`NOT_FOUND`, …).
 *
 * @example
 * ```ts no-run
 * const { columns, categories } = await readCsv("penguins.csv", { columns: { species: "category", body_mass_g: "number" } });
 * console.log(columns.body_mass_g, categories.species);
 * ```
 */
export async function readCsv<const Columns extends Readonly<Record<string, CsvColumn>>>(
  path: string,
  options: CsvOptions<Columns>,
): Promise<CsvTable<Columns>> {
  const bytes = await new DiskStorage().read(path);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SnapfitError("CSV_MALFORMED", `${path} is not UTF-8 text. Only UTF-8 is read. Convert the file.`, { cause });
  }
  return parseCsv(text, options, path);
}
