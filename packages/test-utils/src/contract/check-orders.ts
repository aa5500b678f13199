import type { AnyAddOn } from "@snapfit/core";
import { firstDifferentPath, valueAt } from "../expect-same-bits.js";
import { bystander } from "./bystander.js";
import { contractClass } from "./contract-class.js";
import type { Contract } from "./contract.js";
import { printedLines } from "./process-watch.js";
import type { Outcome } from "./run.js";
import type { Companion } from "./settings.js";

/** Orders that are run, beyond which only the class chain is compared. */
const MAX_RUNS = 8;

/** The same run twice: what differs is random, or left over from the first one. */
export async function checkAlone(contract: Contract): Promise<void> {
  const first = await contract.alone();
  const sinkError = first.world.lines.find((line) => /^Logger ".*" failed/.test(line)); // isolated by the core, so the run goes on
  if (sinkError !== undefined) throw contract.fault(`has a log sink that throws: ${sinkError}`);
  let path: string | undefined;
  const [line] = await printedLines(async () => {
    path = firstDifferentPath((await contract.run({}, " in a second run")).state, first.state);
  });
  if (line !== undefined)
    throw contract.fault(
      `prints "${line}" past the trainer's logger. Use this.logger, which makes room for the progress bar and can be given.`,
    );
  if (path !== undefined) {
    throw contract.fault(
      `does not repeat: two runs with one seed end with different bits at ${path}. Take random numbers from this.randomStream(name), and keep nothing outside of the trainer.`,
    );
  }
}

/** Between two add-ons that do nothing, one inside and one outside of it, all is as without them. */
export async function checkBesideBystanders(contract: Contract): Promise<void> {
  const bystanders = [bystander("AaBystander"), bystander("ZzBystander")].map((addOn) => ({ addOn }));
  const first = await inAllOrders(contract, bystanders, "add-ons that do nothing");
  const path = firstDifferentPath(first.state, (await contract.alone()).state);
  if (path !== undefined)
    throw contract.fault(
      `ends with other bits at ${path} when add-ons that do nothing stand inside and outside of it. It must not depend on what is below it in the class chain.`,
    );
}

/** With one other add-on. */
export async function checkBeside(contract: Contract, companion: Companion): Promise<void> {
  await inAllOrders(contract, [companion], companion.addOn.name);
}

/** With all others together that conflict with none before them. */
export async function checkBesideAll(contract: Contract, companions: readonly Companion[]): Promise<void> {
  const together: Companion[] = [];
  for (const companion of companions) {
    const { name, rules } = companion.addOn;
    const isFree = together.every(
      ({ addOn }) => rules?.conflicts?.includes(addOn.name) !== true && addOn.rules?.conflicts?.includes(name) !== true,
    );
    if (isFree) together.push(companion);
  }
  await inAllOrders(contract, together, together.map(({ addOn }) => addOn.name).join(", "));
}

/** Every order of the arguments, in one call of `addOn()` and in two, gives one class chain and the same bits at the end. */
async function inAllOrders(contract: Contract, others: readonly Companion[], names: string): Promise<Outcome> {
  const companions = [...contract.self, ...others];
  const ways = [...waysToAdd(companions.map(({ addOn }) => addOn))];
  let first: { readonly chain: string; readonly outcome: Outcome; readonly way: string } | undefined;
  for (const [i, calls] of ways.entries()) {
    const way = calls.map((addOns) => `addOn(${addOns.map(({ name }) => name).join(", ")})`).join(".");
    const { Class } = inOrder(contract, calls, way);
    if (first !== undefined && Class.name !== first.chain)
      throw contract.fault(
        `with ${names}: ${first.way} gives the class ${first.chain}, but ${way} gives ${Class.name}. Rules must not change between calls.`,
      );
    if (i >= MAX_RUNS) continue;
    const outcome = await contract.run({ Class, companions }, ` with ${names}`);
    first ??= { chain: Class.name, outcome, way };
    const path = firstDifferentPath(outcome.state, first.outcome.state);
    if (path !== undefined) {
      throw contract.fault(
        `depends on the order of the arguments of addOn(): ${first.way} and ${way} end with different bits at ${path} (${valueAt(first.outcome.state, path)}, ${valueAt(outcome.state, path)}). apply() must have no side effect and keep nothing between calls.`,
      );
    }
  }
  return first!.outcome;
}

function inOrder(contract: Contract, calls: readonly (readonly AnyAddOn[])[], way: string): ReturnType<typeof contractClass> {
  try {
    return contractClass(contract.settings, ...calls);
  } catch (cause) {
    throw contract.fault(`cannot be added by ${way}: ${(cause as Error).message}`, cause);
  }
}

/** Ways to add the same add-ons, unlike ones first: all at once in each order (up to 24), and cut into two calls where rules allow it. */
function* waysToAdd(addOns: readonly AnyAddOn[]): Generator<readonly (readonly AnyAddOn[])[]> {
  yield [addOns];
  yield [[...addOns].reverse()];
  const hasNeeds = addOns.some(({ rules }) => (rules?.requires ?? []).length > 0); // they must be there in the same call, or before
  if (!hasNeeds) {
    yield [addOns.slice(0, 1), addOns.slice(1)].filter(({ length }) => length > 0);
    yield [addOns.slice(1), addOns.slice(0, 1)].filter(({ length }) => length > 0);
  }
  let left = 24;
  for (const order of permutations(addOns)) {
    if (left-- === 0) return;
    yield [order];
  }
}

function* permutations<T>(items: readonly T[]): Generator<T[]> {
  if (items.length === 0) yield [];
  for (const [i, item] of items.entries()) {
    for (const rest of permutations([...items.slice(0, i), ...items.slice(i + 1)])) yield [item, ...rest];
  }
}
