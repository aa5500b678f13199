import { RandomStream } from "@snapfit/base";
import { readCsv } from "@snapfit/data/node";
import { join } from "node:path";

export const speciesNames = ["Adelie", "Chinstrap", "Gentoo"] as const;
export const islandNames = ["Biscoe", "Dream", "Torgersen"] as const;
export const sexNames = ["female", "male"] as const;
const measureNames = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"] as const;

/** Columns with one entry for each bird. Missing are NaN in measures and -1 in classes. */
export interface Penguins {
  readonly measures: readonly Float32Array[];
  /** Indices of `islandNames`, `sexNames` and `speciesNames`. */
  readonly island: Int32Array;
  readonly sex: Int32Array;
  readonly species: Int32Array;
}

/** The Palmer penguins: `penguins.csv` in `folder`. @throws SnapfitError `NOT_FOUND`, `CSV_…` */
export async function readPenguins(folder: string): Promise<Penguins> {
  const { columns } = await readCsv(join(folder, "penguins.csv"), {
    columns: {
      species: speciesNames,
      island: islandNames,
      sex: sexNames,
      bill_length_mm: "number",
      bill_depth_mm: "number",
      flipper_length_mm: "number",
      body_mass_g: "number",
    },
  });
  return { ...columns, measures: measureNames.map((name) => columns[name]) };
}

/** Mean and deviation of the measures of each species, about as they are in nature, and the islands it lives on. */
const nature = {
  Adelie: { measures: [[38.8, 2.2], [18.3, 1.1], [190, 6], [3700, 400]], islands: [0, 1, 2] }, // prettier-ignore
  Chinstrap: { measures: [[48.8, 2.8], [18.4, 1], [196, 7], [3730, 350]], islands: [1] }, // prettier-ignore
  Gentoo: { measures: [[47.5, 2.6], [15, 0.9], [217, 6.5], [5080, 450]], islands: [0] }, // prettier-ignore
} as const;

/** Males are larger by so many deviations of their species. */
const SEX_SHIFT = 0.7;
const MISSING_SHARE = 0.03;

/** Birds drawn from what is known of the three species, some of their entries missing. The same seed gives the same birds. */
export function generatePenguins(numBirds: number, seed: number): Penguins {
  const random = RandomStream.fromSeed(seed, "penguins");
  const measures = measureNames.map(() => new Float32Array(numBirds));
  const [island, sex, species] = [new Int32Array(numBirds), new Int32Array(numBirds), new Int32Array(numBirds)];
  const isMissing = (): boolean => random.uniform() < MISSING_SHARE;
  for (let bird = 0; bird < numBirds; bird++) {
    species[bird] = random.integer(3);
    const kind = nature[speciesNames[species[bird]!]!];
    const isMale = random.integer(2);
    kind.measures.forEach(([mean, deviation], i) => {
      const value = mean + deviation * (random.normal() + SEX_SHIFT * (2 * isMale - 1));
      measures[i]![bird] = isMissing() ? NaN : value;
    });
    island[bird] = kind.islands[random.integer(kind.islands.length)]!;
    sex[bird] = isMissing() ? -1 : isMale;
  }
  return { measures, island, sex, species };
}
