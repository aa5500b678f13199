import { firstDifferentPath, valueAt } from "../expect-same-bits.js";
import type { Contract } from "./contract.js";
import type { Outcome } from "./run.js";

/** Training and validation give what they give without it, as far as the add-on does not say that it changes them. */
export async function checkLosses(contract: Contract): Promise<void> {
  const { changesLoss = false } = contract.settings;
  const [own, without] = [await contract.alone(), await contract.without()];
  if (contract.settings.scenario === undefined) checkProgress(contract, own, without);
  const parts = changesLoss === true ? [] : changesLoss === "validation" ? (["train"] as const) : (["train", "valid"] as const);
  for (const part of ["train", "valid"] as const) {
    const [actual, expected] = [own.history[part], without.history[part]];
    for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const [values, usual] = [actual[name], expected[name]];
      const numEpochs = own.progress.globalEpoch;
      if (values === undefined) throw contract.fault(`loses history.${part}.${name}.`);
      if (values.length !== numEpochs)
        throw contract.fault(
          `changes the history: history.${part}.${name} has ${values.length} values after ${numEpochs} epochs. Only the core writes it.`,
        );
      if (usual === undefined || !(parts as readonly string[]).includes(part)) continue;
      const epoch = values.findIndex((value, i) => i < usual.length && !Object.is(value, usual[i]));
      if (epoch >= 0)
        throw contract.fault(
          `changes ${part === "train" ? "the training" : "validations"}: ${name} of epoch ${epoch + 1} is ${values[epoch]} instead of ${usual[epoch]}. If it should, say changesLoss${part === "valid" ? ': "validation"' : ""}.`,
        );
    }
  }
  if (changesLoss === true || contract.settings.scenario !== undefined) return;
  const path = firstDifferentPath(own.state["weights"], without.state["weights"]);
  if (path !== undefined)
    throw contract.fault(
      `changes the weights: at ${path} the run ends with ${valueAt(own.state["weights"], path)} instead of ${valueAt(without.state["weights"], path)}. If it should, say changesLoss.`,
    );
}

/** Counters move as they do without it; an add-on that changes the training may skip steps. */
function checkProgress(contract: Contract, own: Outcome, without: Outcome): void {
  for (const name of ["fit", "epoch", "globalEpoch", "batch", "samples", "step"] as const) {
    if (name === "step" && contract.settings.changesLoss === true) continue;
    if (own.progress[name] !== without.progress[name])
      throw contract.fault(
        `changes the progress: ${name} is ${own.progress[name]} instead of ${without.progress[name]} at the end. Only the core writes it.`,
      );
  }
}
