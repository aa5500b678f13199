import { SnapfitError } from "@snapfit/base";
import type { TrainerOptions } from "./trainer-options.js";
import type { Trainer } from "./trainer.js";

/** A trainer class, abstract or not, that add-ons can be added to. `any`: each class takes its own options. */
export type TrainerClass = (abstract new (options: any) => Trainer) & { readonly addOns: readonly AnyAddOn[] };
/** What an add-on extends: a trainer that also takes the add-on's options. */
export type AddOnBase<Options = {}, Host extends Trainer = Trainer> = abstract new (options: TrainerOptions & Options) => Host;
/** What an add-on returns: a trainer that also has the add-on's members. Hides the class itself, so declarations can be emitted. */
export type Adds<Members = {}> = abstract new (options: any) => Trainer & Members;

/** A named mixin whose options, members, rules and host are declared, so that they can be typed and checked. */
export interface AddOn<Name extends string, Options, Members, Rules extends AddOnRules = {}, Host extends Trainer = Trainer> {
  /** Unique, and equal to the export: rules refer to it. */
  readonly name: Name;
  readonly rules?: Rules;
  /** Names of the options it takes. @default the add-on's name in camel case */
  readonly optionNames?: readonly string[];
  /** Returns a subclass of `Base`. Called again whenever the order is settled anew, so it must have no side effect. */
  apply(Base: AddOnBase<Options, Host>): Adds<Members>;
}

/** How an add-on stands to others, by name. The order in which add-ons are listed never matters. */
export interface AddOnRules {
  /** Must be present: added earlier, or anywhere in the same call. This add-on goes outside of them. */
  readonly requires?: readonly string[];
  /** Must not be present. */
  readonly conflicts?: readonly string[];
  /** If present, this add-on goes outside of them: its methods run first, and reach theirs through `super`. */
  readonly after?: readonly string[];
}

/** Refuses rules that do not exist: inference alone would take a misspelt one beside a right one. */
type NoOtherRules<Rules> = {
  readonly [R in Exclude<keyof Rules, keyof AddOnRules>]: "There is no such rule. Rules are requires, conflicts and after.";
};

/** Any add-on. */
export type AnyAddOn = AddOn<string, any, any, AddOnRules, any>;

/** Declares an add-on; returns it unchanged. */
export function defineAddOn<
  const Name extends string,
  Options,
  Members,
  const Rules extends AddOnRules = {},
  Host extends Trainer = Trainer,
>(
  addOn: AddOn<Name, Options, Members, Rules, Host> & { readonly rules?: NoOtherRules<Rules> },
): AddOn<Name, Options, Members, Rules, Host> {
  return addOn;
}

/** Whether the trainer's class has the add-on; if so, its members are known. */
export function hasAddOn<T extends Trainer, Members>(trainer: T, addOn: AddOn<any, any, Members, any, any>): trainer is T & Members {
  return (trainer.constructor as unknown as TrainerClass).addOns.includes(addOn);
}

/** Why add-ons could not be added; `code` of the SnapfitError. */
export type AddOnErrorCode = "NO_ADD_ON" | "DUPLICATE" | "MISSING" | "CONFLICT" | "CIRCLE" | "BELOW_SUBCLASS" | "NO_SUBCLASS";

function addOnError(code: AddOnErrorCode, message: string): SnapfitError<AddOnErrorCode> {
  return new SnapfitError(code, message);
}

/** What `addOn()` made of which class. A user's subclass has no entry of its own, and so stays where it is: a barrier. */
const made = new WeakMap<TrainerClass, { readonly base: TrainerClass; readonly addOns: readonly AnyAddOn[] }>();

/**
 * The run-time half of `addOn()`, for lists only known at run time. On a result of `addOn()` all add-ons are applied again
 * to the original class, so that the class chain depends on which add-ons there are and on nothing else.
 * @throws SnapfitError with an {@link AddOnErrorCode} if a rule is broken.
 */
export function applyAddOns(Class: TrainerClass, added: readonly AnyAddOn[]): TrainerClass {
  const { base, addOns: earlier } = made.get(Class) ?? { base: Class, addOns: [] };
  for (const addOn of added) if (!isAddOn(addOn)) throw noAddOn(addOn);
  const addOns = inOrder([...earlier, ...added]);
  checkRules(base, addOns);
  const Result = addOns.reduce((Below, addOn) => {
    const Above = addOn.apply(Below);
    if (Above === Below) throw addOnError("NO_SUBCLASS", `${addOn.name} returned its base. apply() must return a subclass of it.`);
    return Object.defineProperties(Above, {
      name: { value: `${Below.name}+${addOn.name}` },
      addOns: { value: [...Below.addOns, addOn] },
    }) as unknown as TrainerClass;
  }, base);
  if (addOns.length > 0) made.set(Result, { base, addOns });
  return Result;
}

function isAddOn(value: unknown): boolean {
  const { name, apply } = (value ?? {}) as Partial<AnyAddOn>;
  return typeof value === "object" && typeof name === "string" && typeof apply === "function";
}

function noAddOn(value: unknown): SnapfitError<AddOnErrorCode> {
  const advice = value === undefined ? "If it is imported, look for modules that import each other." : "Wrap the mixin in defineAddOn().";
  return addOnError("NO_ADD_ON", `addOn() got ${value === null ? "null" : typeof value}. It takes what defineAddOn() returns. ${advice}`);
}

/** Innermost first: each add-on behind those it goes outside of, and by name where that leaves a choice. */
function inOrder(addOns: readonly AnyAddOn[]): AnyAddOn[] {
  const waiting = [...addOns].sort((a, b) => (a.name < b.name ? -1 : 1));
  const ordered: AnyAddOn[] = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex((addOn) => !waiting.some((other) => goesOutside(addOn).includes(other.name)));
    if (next < 0) throw addOnError("CIRCLE", `Add-ons cannot be put in order: ${circle(waiting)}. Drop one of these rules.`);
    ordered.push(...waiting.splice(next, 1));
  }
  return ordered;
}

const goesOutside = ({ rules }: AnyAddOn): readonly string[] => [...(rules?.after ?? []), ...(rules?.requires ?? [])];

/** `A goes outside of B, B goes outside of A`. Every add-on given goes outside of another one given. */
function circle(addOns: readonly AnyAddOn[]): string {
  const path: AnyAddOn[] = [];
  let at = addOns[0]!;
  while (!path.includes(at)) {
    path.push(at);
    at = addOns.find((other) => goesOutside(at).includes(other.name))!;
  }
  const names = [...path.slice(path.indexOf(at)), at].map(({ name }) => name);
  return names
    .slice(1)
    .map((name, i) => `${names[i]} goes outside of ${name}`)
    .join(", ");
}

/** The rules that the compiler checks as well, for plain JavaScript; and the one that it cannot see, the barrier. */
function checkRules(base: TrainerClass, addOns: readonly AnyAddOn[]): void {
  const all = [...base.addOns, ...addOns];
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name)) throw addOnError("DUPLICATE", `${name} is already added.`);
    names.add(name);
  }
  for (const { name, rules } of all) {
    const missing = rules?.requires?.find((other) => !names.has(other));
    if (missing !== undefined) throw addOnError("MISSING", `${name} needs ${missing}. Add it in the same call or earlier.`);
    const opponent = rules?.conflicts?.find((other) => names.has(other));
    if (opponent !== undefined) throw addOnError("CONFLICT", `${name} cannot be combined with ${opponent}.`);
  }
  for (const below of base.addOns) {
    const late = addOns.find(({ name }) => goesOutside(below).includes(name));
    if (late)
      throw addOnError(
        "BELOW_SUBCLASS",
        `${below.name} goes outside of ${late.name}, but class ${base.name} already extends it. ` +
          `Add ${late.name} where ${below.name} is added.`,
      );
  }
}
