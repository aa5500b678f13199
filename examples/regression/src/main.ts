import { SnapfitError } from "@snapfit/base";
import { parseArgs } from "node:util";
import { friedmanTable, penguinTable } from "./tables.js";

const usage = `Predicts a number from others.

  npm run regression [-- options]

  --data FOLDER   the folder of penguins.csv: learns their body mass, in place of generated numbers
  --seed N        of the data, split, weights and order (7)
  --quiet         the result only`;

const options = {
  data: { type: "string" },
  seed: { type: "string", default: "7" },
  quiet: { type: "boolean", default: false },
  help: { type: "boolean" },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(usage);
  const seed = Number(values.seed);
  const table = values.data === undefined ? friedmanTable(4000, seed) : await penguinTable(values.data);
  const [numRows, numColumns] = table.inputs.shape;
  console.log(`${table.name}: ${numRows} rows of ${numColumns} inputs.`);
  const { runRegression } = await import("./run-regression.js"); // loads TensorFlow.js, which takes a while
  const { numTestRows, rmse, r2, baselineRmse } = await runRegression(table, { seed, quiet: values.quiet });
  const error = (value: number): string => `${value.toPrecision(3)}${table.unit}`;
  console.log(
    `On ${numTestRows} rows that were kept apart: error ${error(rmse)} (the mean alone: ${error(baselineRmse)}), ${(100 * r2).toFixed(1)} % of the variance explained.`,
  );
}

try {
  await main();
} catch (error) {
  // What the user can put right is one sentence: a wrong option, folder or file.
  if (!(error instanceof SnapfitError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true)) throw error;
  console.error((error as Error).message);
  process.exitCode = 2;
}
