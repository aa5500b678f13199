import type { AnyAddOn } from "@snapfit/core";
import type { TinyTrainer } from "../tiny-trainers.js";
import { checkLeaks } from "./check-leaks.js";
import { checkLosses } from "./check-losses.js";
import { checkAlone, checkBeside, checkBesideAll, checkBesideBystanders } from "./check-orders.js";
import { checkOwnership } from "./check-ownership.js";
import { checkRanks } from "./check-ranks.js";
import { checkResume } from "./check-resume.js";
import { checkState } from "./check-state.js";
import { checkSuperCalls } from "./check-super-calls.js";
import { checkThrow, throwingMethods } from "./check-throws.js";
import { Contract } from "./contract.js";
import type { ContractCheck, ContractSettings } from "./settings.js";

/**
 * The checks that every add-on passes, for any test runner: each one's `run` rejects with a sentence that names the fault.
 * They train a tiny classifier on the cpu backend, a few dozen times; run them one after the other, since they watch the process.
 * @example
 * import { defineAddOn, type AddOnBase, type Adds } from "@snapfit/core";
 *
 * const Silent = defineAddOn({
 *   name: "Silent",
 *   apply(Base: AddOnBase): Adds {
 *     abstract class SilentTrainer extends Base {}
 *     return SilentTrainer;
 *   },
 * });
 * for (const { name, run } of addOnContract(Silent)) {
 *   await run();
 *   console.log(`ok: ${name}`);
 * }
 */
export function addOnContract<A extends AnyAddOn>(
  addOn: A,
  settings: ContractSettings<TinyTrainer & InstanceType<ReturnType<A["apply"]>>> = {},
): ContractCheck[] {
  const contract = new Contract(addOn, settings as ContractSettings<never>);
  const companions = (settings.with ?? []).filter((companion) => contract.allows(companion));
  return [
    { name: "runs alone, and repeats", run: () => checkAlone(contract) },
    { name: "calls super once, and where it belongs", run: () => checkSuperCalls(contract) },
    { name: "leaves to the loop what is the loop's", run: () => checkOwnership(contract) },
    { name: "changes no loss that it should not change", run: () => checkLosses(contract) },
    { name: "keeps its state under its own name", run: () => checkState(contract) },
    { name: "resumes from its state bit for bit", run: () => checkResume(contract) },
    { name: "leaves no tensor, timer or listener", run: () => checkLeaks(contract) },
    { name: "runs on two ranks, and touches the world on one", run: () => checkRanks(contract) },
    { name: "stands beside add-ons that do nothing, in every order", run: () => checkBesideBystanders(contract) },
    ...companions.map((companion) => ({
      name: `stands beside ${companion.addOn.name}, in every order`,
      run: () => checkBeside(contract, companion),
    })),
    ...(companions.length > 1
      ? [{ name: "stands beside all others together, in every order", run: () => checkBesideAll(contract, companions) }]
      : []),
    ...throwingMethods.map((method) => ({ name: `survives a throw in ${method}`, run: () => checkThrow(contract, method) })),
  ];
}
