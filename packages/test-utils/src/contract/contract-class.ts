import { applyAddOns, type AnyAddOn, type StepResult, type TrainerOptions } from "@snapfit/core";
import * as tf from "@tensorflow/tfjs";
import { TinyTrainer, type ClassBatch } from "../tiny-trainers.js";
import type { ContractHost, ContractSettings } from "./settings.js";

/** A trainer class of the suite, with its parts in reach. */
export interface ContractClass {
  /** The class with all add-ons, ready to be made. */
  readonly Class: ContractHost;
  /** The user's class below all add-ons, made for this one: its prototype may be patched. */
  readonly Base: ContractHost;
}

/** Applies add-ons to a user's class made for the purpose, by one call of `addOn()` for each list. */
export function contractClass(
  { host = TinyTrainer }: Pick<ContractSettings, "host">,
  ...calls: readonly (readonly AnyAddOn[])[]
): ContractClass {
  class ContractTrainer extends host {
    protected override trainingStep(batch: ClassBatch, index: number, name: string): StepResult {
      const x = this.dropout(batch.x, 0.1);
      this.log("inputs", tf.mean(x));
      this.logText("note", `batch ${index}`);
      this.logHistogram("histogram", x);
      this.logTable("table", ["name", "value"], [["batch", index]]);
      this.logImage("image", tf.zeros([2, 2]));
      return super.trainingStep({ ...batch, x }, index, name);
    }
  }
  // An own list of add-ons marks where the user's class ends.
  Object.defineProperty(ContractTrainer, "addOns", { value: (host as unknown as { addOns: readonly AnyAddOn[] }).addOns });
  const Class = calls.reduce<unknown>((Below, addOns) => applyAddOns(Below as Parameters<typeof applyAddOns>[0], addOns), ContractTrainer);
  return { Class: Class as ContractHost, Base: ContractTrainer };
}

/** The prototypes of an add-on in a class, outermost first, and the one below them, which `super` reaches. */
export function prototypesOf(Class: ContractHost, addOn: AnyAddOn): { readonly own: readonly object[]; readonly below: object } {
  let at: object | null = Class;
  while (at !== null && ownAddOns(at)?.at(-1) !== addOn) at = Object.getPrototypeOf(at) as object | null;
  if (at === null) throw new Error(`internal: ${addOn.name} is not in ${Class.name}`);
  const own: object[] = [];
  do {
    own.push((at as { prototype: object }).prototype);
    at = Object.getPrototypeOf(at) as object;
  } while (ownAddOns(at) === undefined);
  return { own, below: (at as { prototype: object }).prototype };
}

function ownAddOns(Class: object): readonly AnyAddOn[] | undefined {
  return Object.getOwnPropertyDescriptor(Class, "addOns")?.value as readonly AnyAddOn[] | undefined;
}

/** Any method. */
export type Method = (this: object, ...args: unknown[]) => unknown;

/** The function that `name` means on an object, own or inherited. */
function methodOf(prototype: object, name: string): Method | undefined {
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(at, name);
    if (descriptor) return typeof descriptor.value === "function" ? (descriptor.value as Method) : undefined;
  }
  return undefined;
}

/** Puts a method around the one that `name` means on a prototype. */
export function wrapMethod(prototype: object, name: string, wrap: (original: Method) => Method): void {
  const original = methodOf(prototype, name);
  if (original) Object.defineProperty(prototype, name, { value: wrap(original), writable: true, configurable: true });
}

/** Names of the methods that an add-on overrides: those that it has and that are below it too. */
export function overridesOf(Class: ContractHost, addOn: AnyAddOn): string[] {
  const { own, below } = prototypesOf(Class, addOn);
  const names = new Set(own.flatMap((prototype) => Object.getOwnPropertyNames(prototype)));
  return [...names].filter((name) => name !== "constructor" && methodOf(own[0]!, name) && methodOf(below, name));
}

/** Options of every run: all stages of a step have something to do, and clipping always makes new gradients. */
export const contractOptions = {
  accumulate: 2,
  clip: { norm: 0.05, warnAbove: 1e9 },
  logEvery: 2,
  quiet: false,
  signals: false,
} as const satisfies Partial<TrainerOptions>;
