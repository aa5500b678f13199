import type { StateRecord } from "@snapfit/base";
import { firstDifferentPath } from "../expect-same-bits.js";
import type { Contract } from "./contract.js";
import { asRecord, runContract } from "./run.js";

/** Its state stands under its own name, the rest is as without it, and either side goes on without the other's entry. */
export async function checkState(contract: Contract): Promise<void> {
  const [own, without] = [await contract.alone(), await contract.without()];
  checkEntries(contract, own.own, without.own, "");
  checkEntries(contract, asRecord(own.own["perRank"]), asRecord(without.own["perRank"]), "perRank.");
  const { changesLoss = false, scenario } = contract.settings;
  if (changesLoss === false && scenario === undefined) {
    const others = Object.keys(without.own).filter((key) => key !== "history" && key !== "perRank"); // metrics of its own may stand in the history
    const key = others.find((name) => firstDifferentPath(own.own[name], without.own[name]) !== undefined);
    if (key !== undefined) throw contract.fault(`changes "${key}" in the state, which is not its own.`);
  }
  await contract.run({ from: without.state }, " when the state it goes on from has no entry of it");
  try {
    await runContract({ Class: contract.classOf(contract.needs).Class, companions: contract.needs, from: own.state });
  } catch (cause) {
    throw contract.fault(`leaves a state that a run without it cannot take up: ${(cause as Error).message}`, cause);
  }
}

function checkEntries(contract: Contract, own: StateRecord, without: StateRecord, prefix: string): void {
  const ownKey = contract.name.charAt(0).toLowerCase() + contract.name.slice(1);
  const lost = Object.keys(without).find((key) => !(key in own));
  if (lost !== undefined)
    throw contract.fault(`loses "${prefix}${lost}" from the state. saveState() returns { ...(await super.saveState()), ${ownKey}: … }.`);
  const foreign = Object.keys(own).find((key) => !(key in without) && key !== ownKey);
  if (foreign !== undefined)
    throw contract.fault(`puts "${prefix}${foreign}" into the state. Its entry stands under its own name, "${prefix}${ownKey}".`);
}
