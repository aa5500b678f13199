import { hostTensor, RandomStream, type HostTensor } from "@snapfit/base";
import { readCsv } from "@snapfit/data/node";
import { join } from "node:path";

/** Rows to learn from: inputs [rows, columns] and one target each. */
export interface Table {
  readonly name: string;
  readonly unit: string;
  readonly inputs: HostTensor<2, "float32">;
  readonly targets: Float32Array;
}

/** Friedman's first function (1991, The Annals of Statistics 19, p. 37) of ten uniform numbers, five of them without effect, with noise of deviation 1. */
export function friedmanTable(numRows: number, seed: number): Table {
  const random = RandomStream.fromSeed(seed, "friedman");
  const inputs = Float32Array.from({ length: 10 * numRows }, () => random.uniform());
  const targets = Float32Array.from({ length: numRows }, (_, row) => {
    const [a, b, c, d, e] = inputs.subarray(10 * row, 10 * row + 5) as unknown as [number, number, number, number, number];
    return 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e + random.normal();
  });
  return { name: "Friedman's function", unit: "", inputs: hostTensor(inputs, [numRows, 10]), targets };
}

/** The body mass of penguins from their other measures, species and sex: `penguins.csv` in `folder`, without the incomplete rows. */
export async function penguinTable(folder: string): Promise<Table> {
  const { columns, numRows } = await readCsv(join(folder, "penguins.csv"), {
    columns: {
      bill_length_mm: "number",
      bill_depth_mm: "number",
      flipper_length_mm: "number",
      species: ["Adelie", "Chinstrap", "Gentoo"],
      sex: ["female", "male"],
      body_mass_g: "number",
    },
  });
  const { species, sex, body_mass_g: mass, ...measures } = columns;
  const rows: number[][] = [];
  for (let row = 0; row < numRows; row++) {
    const entries = [
      ...Object.values(measures).map((column) => column[row]!),
      ...[0, 1, 2].map((kind) => Number(species[row] === kind)),
      sex[row]!,
      mass[row]!,
    ];
    if (!entries.some(Number.isNaN) && sex[row]! >= 0) rows.push(entries);
  }
  const inputs = Float32Array.from(rows.flatMap((entries) => entries.slice(0, -1)));
  return {
    name: "body mass",
    unit: " g",
    inputs: hostTensor(inputs, [rows.length, inputs.length / rows.length]),
    targets: Float32Array.from(rows, (entries) => entries.at(-1)!),
  };
}
