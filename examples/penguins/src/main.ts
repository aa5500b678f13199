import { SnapfitError } from "@snapfit/base";
import { parseArgs } from "node:util";
import { crossValidate } from "./cross-validation.js";
import { generatePenguins, readPenguins, type Penguins } from "./penguins.js";

const usage = `Tells three species of penguins apart, in cross-validation.

  npm run penguins [-- options]

  --data FOLDER   the folder of penguins.csv, in place of generated birds
  --folds N       parts, each of which is judged by a network trained on the others (5)
  --seed N        of the folds, weights and order (7)`;

const options = {
  data: { type: "string" },
  folds: { type: "string", default: "5" },
  seed: { type: "string", default: "7" },
  help: { type: "boolean" },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(usage);
  const penguins = values.data === undefined ? generatePenguins(344, Number(values.seed)) : await readPenguins(values.data);
  console.log(describe(penguins, values.data));
  let numBirds = 0;
  let numWrong = 0;
  let fold = 0;
  for await (const { numBirds: seen, mistakes } of crossValidate(penguins, Number(values.folds), Number(values.seed))) {
    const wrong = mistakes.reduce((sum, { count }) => sum + count, 0);
    const which = mistakes.map(({ label, prediction, count }) => `${prediction} for ${label}${count > 1 ? ` (${count}x)` : ""}`);
    console.log(`Fold ${++fold}: ${percent(seen - wrong, seen)} of ${seen} birds${wrong > 0 ? `, mistaken: ${which.join(", ")}` : ""}`);
    numBirds += seen;
    numWrong += wrong;
  }
  console.log(`All: ${percent(numBirds - numWrong, numBirds)} of ${numBirds} birds, each judged by a network that had not seen it.`);
}

function describe({ measures, sex, species }: Penguins, folder: string | undefined): string {
  const incomplete = [...species.keys()].filter((bird) => sex[bird]! < 0 || measures.some((column) => Number.isNaN(column[bird])));
  return `${species.length} penguins ${folder === undefined ? "drawn at random" : `from ${folder}`}, ${incomplete.length} of them with missing entries.`;
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

try {
  await main();
} catch (error) {
  // What the user can put right is one sentence: a wrong option, folder or file.
  if (!(error instanceof SnapfitError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true)) throw error;
  console.error((error as Error).message);
  process.exitCode = 2;
}
