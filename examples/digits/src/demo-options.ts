import { nearestName } from "@snapfit/base";
import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.js";

const modelNames = ["cnn", "mlp", "linear"] as const;
/** Names that `--model` takes. */
export type ModelName = (typeof modelNames)[number];

function isModelName(name: string): name is ModelName {
  return (modelNames as readonly string[]).includes(name);
}

/** What the command line asks for. */
export interface DemoOptions {
  /** Folder with the four IDX files of MNIST; undefined for synthetic digits. */
  readonly data: string | undefined;
  /** Undefined: as many as the model needs. */
  readonly epochs: number | undefined;
  readonly seed: number;
  readonly device: string;
  /** Undefined: the best that the device trains in a minute. */
  readonly model: ModelName | undefined;
  readonly quiet: boolean;
  readonly fast: boolean;
  /** Whether an earlier run with the same options is left as it is. */
  readonly fresh: boolean;
  /** Loggers beside files and TensorBoard. */
  readonly wandb: boolean;
  readonly neptune: boolean;
}

export const usage = `Trains a classifier of handwritten digits.

  npm run demo [-- options]

  --data FOLDER   MNIST's IDX files, gzip or not, in place of synthetic digits
  --epochs N      at most so many passes over the training digits (8 for cnn, else 20)
  --seed N        of weights, order and dropout: the same seed gives the same run (7)
  --device NAME   native, wasm, cpu, or auto for the best that is here (auto)
  --model NAME    cnn, mlp, or linear for logistic regression (cnn on native, else mlp)
  --fast          few digits and two epochs, to see it run
  --fresh         starts anew; without it the same command goes on where it was stopped
  --wandb         also logs for Weights & Biases: online with a key, else into a folder
  --neptune       also logs for Neptune 2.x and Minfx, into a folder
  --quiet         results only
  --help          this text`;

const options = {
  data: { type: "string" },
  epochs: { type: "string" },
  seed: { type: "string" },
  device: { type: "string" },
  model: { type: "string" },
  fast: { type: "boolean" },
  fresh: { type: "boolean" },
  wandb: { type: "boolean" },
  neptune: { type: "boolean" },
  quiet: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/**
 * Reads the arguments behind the program's name; undefined where help is asked for.
 * @throws UsageError with one sentence
 */
export function readOptions(args: readonly string[]): DemoOptions | undefined {
  const values = parse(args);
  if (values["help"] === true) return undefined;
  const fast = values["fast"] === true;
  const model = text(values, "model");
  if (model !== undefined && !isModelName(model)) throw new UsageError(`--model takes ${modelNames.join(", ")}, but got "${model}".`);
  return {
    data: text(values, "data"),
    epochs: wholeNumber(values, "epochs", 1) ?? (fast ? 2 : undefined),
    seed: wholeNumber(values, "seed", 0) ?? 7,
    device: text(values, "device") ?? "auto",
    model,
    quiet: values["quiet"] === true,
    fast,
    fresh: values["fresh"] === true,
    wandb: values["wandb"] === true,
    neptune: values["neptune"] === true,
  };
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function parse(args: readonly string[]): Values {
  const { values, tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") throw new UsageError(`"${token.value}" belongs to no option. --help lists the options.`);
    if (token.kind !== "option") continue;
    const known = options[token.name as keyof typeof options];
    if (known === undefined) {
      const nearest = nearestName(token.name, Object.keys(options));
      throw new UsageError(
        `There is no option ${token.rawName}. ${nearest === undefined ? "--help lists the options." : `Did you mean --${nearest}?`}`,
      );
    }
    if (known.type === "boolean" && token.value !== undefined)
      throw new UsageError(`${token.rawName} takes no value, but got "${token.value}".`);
    if (known.type === "string" && (!token.value || (!token.inlineValue && token.value.startsWith("-"))))
      throw new UsageError(`${token.rawName} needs a value behind it.`);
  }
  return values as Values;
}

function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

function wholeNumber(values: Values, name: string, least: number): number | undefined {
  const value = text(values, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number) || number < least)
    throw new UsageError(`--${name} takes a whole number of at least ${least}, but got "${value}".`);
  return number;
}
