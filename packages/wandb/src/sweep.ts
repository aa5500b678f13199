import type { StateTree } from "@snapfit/base";
import { wandbError } from "./wandb-error.js";
import type { Environment } from "./wandb-options.js";

/**
 * The settings of a run that `wandb agent` may have started: the given ones, with what the sweep has chosen in their place. Outside of a sweep the
 * given ones as they are. The sweep's command must end with `${args_json}`, so that the last argument of the program is its choice.
 * @throws SnapfitError `SWEEP_INVALID` if a sweep runs and the last argument is no object in JSON
 * @example
 * import { sweepConfig } from "@snapfit/wandb";
 *
 * const { learningRate, numLayers } = sweepConfig({ learningRate: 0.01, numLayers: 2 });
 * console.log(learningRate, numLayers); // 0.01 2
 */
export function sweepConfig<const Given extends Readonly<Record<string, StateTree>>>(given: Given): Widened<Given> {
  return { ...given, ...sweepValues() } as unknown as Widened<Given>;
}

/** A literal type is that of its default only. */
type Widened<T> = {
  -readonly [K in keyof T]: T[K] extends number ? number : T[K] extends string ? string : T[K] extends boolean ? boolean : T[K];
};

/** What the sweep has chosen; empty outside of one. */
export function sweepValues(env: Environment = process.env, args: readonly string[] = process.argv): Record<string, StateTree> {
  if (env["WANDB_SWEEP_ID"] === undefined) return {};
  const last = args.at(-1) ?? "";
  try {
    const values: unknown = JSON.parse(last);
    if (typeof values === "object" && values !== null && !Array.isArray(values)) return values as Record<string, StateTree>;
  } catch {} // said below
  throw wandbError(
    "SWEEP_INVALID",
    `The program runs in sweep "${env["WANDB_SWEEP_ID"]}", but its last argument is ${JSON.stringify(last.slice(0, 60))}. It takes the sweep's choice as JSON. Put command: [node, "\${program}", "\${args_json}"] into the sweep's configuration.`,
  );
}
