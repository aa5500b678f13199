import { SnapfitError } from "@snapfit/base";
import type { MetricSchedule, Optimizer, Schedule } from "@snapfit/optim";
import type * as tf from "@tensorflow/tfjs";
import { ScheduleDriver } from "./schedule-driver.js";

/** One optimizer and its schedule. */
export interface OptimizerSetup {
  readonly optimizer: Optimizer;
  readonly schedule?: Schedule | MetricSchedule | undefined;
}

/** One of several optimizers. */
export interface NamedOptimizer extends OptimizerSetup {
  /** Whether it trains the parameter of this path. */
  readonly parameters: (path: string) => boolean;
}

/** Several optimizers by name. `apply` is what a bare optimizer has: the compiler quotes the sentence. */
export type NamedOptimizers = {
  readonly apply?: "configureOptimizers() returns { optimizer }, no bare optimizer" & NamedOptimizer;
} & Readonly<Record<string, NamedOptimizer>>;

/** What `configureOptimizers()` returns: one optimizer, or several by name, which then run in this order in every step. */
export type OptimizerConfiguration = OptimizerSetup | NamedOptimizers;

/** An optimizer as the loop uses it. */
export interface OptimizerSlot {
  /** `default` for a single one. */
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly driver: ScheduleDriver;
  /** @throws SnapfitError `NO_PARAMETERS` if it has none of them. */
  parametersOf(all: Parameters): Parameters;
}

type Parameters = ReadonlyMap<string, tf.Variable>;

const inUse = new WeakSet<Optimizer>();

/** @throws SnapfitError `OPTIMIZERS_INVALID` for any other form, `OPTIMIZER_IN_USE` if an optimizer belongs to another trainer. */
export function optimizerSlots(configured: OptimizerConfiguration | undefined): OptimizerSlot[] {
  if (configured === undefined) return [];
  if (isOptimizer(configured)) throw invalid("a bare optimizer");
  if (isSetup(configured)) return [slot("default", configured, (all) => all)];
  return Object.entries(configured as Record<string, NamedOptimizer>).map(([name, setup]) => {
    if (!isSetup(setup) || typeof setup.parameters !== "function") throw invalid(`an entry "${name}" without optimizer and parameters`);
    return slot(name, setup, (all) => new Map([...all].filter(([path]) => setup.parameters(path))));
  });
}

function slot(name: string, { optimizer, schedule }: OptimizerSetup, select: (all: Parameters) => Parameters): OptimizerSlot {
  if (inUse.has(optimizer))
    throw new SnapfitError(
      "OPTIMIZER_IN_USE",
      `The optimizer ${optimizer.name} already belongs to a trainer. Its state is that trainer's. Make a new one for each trainer.`,
    );
  inUse.add(optimizer);
  return {
    name,
    optimizer,
    driver: new ScheduleDriver(optimizer, schedule),
    parametersOf(all) {
      const own = select(all);
      if (own.size > 0) return own;
      throw new SnapfitError(
        "NO_PARAMETERS",
        `The optimizer "${name}" has no parameter to train. The model has ${[...all.keys()].join(", ") || "none that is trainable"}. Change the predicate, or what is frozen.`,
      );
    },
  };
}

function isOptimizer(value: unknown): value is Optimizer {
  return typeof (value as Partial<Optimizer> | null)?.apply === "function";
}

function isSetup(value: unknown): value is OptimizerSetup {
  return isOptimizer((value as Partial<OptimizerSetup> | null)?.optimizer);
}

function invalid(what: string): SnapfitError {
  return new SnapfitError(
    "OPTIMIZERS_INVALID",
    `configureOptimizers() returned ${what}. It returns { optimizer, schedule? }, or { name: { optimizer, parameters: (path) => boolean, schedule? }, … }. Wrap the optimizer in an object.`,
  );
}
