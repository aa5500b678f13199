import { MemoryStorage } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { tensorGrowth } from "../expect-no-tensor-leak.js";
import { firstDifferentPath } from "../expect-same-bits.js";
import { onRanks } from "../on-ranks.js";
import { TestRanks } from "../test-ranks.js";
import { messageOf, type Contract } from "./contract.js";
import { asRecord, runContract, type Outcome } from "./run.js";

/** On two ranks: the same collective calls, the same bits on both, and nobody but rank 0 touches the world. */
export async function checkRanks(contract: Contract): Promise<void> {
  const before = tf.memory();
  let ranks: Outcome[];
  try {
    ranks = await onTwoRanks(contract);
  } catch (cause) {
    throw contract.fault(`fails on two ranks: ${messageOf(cause)}`, cause);
  }
  const leak = tensorGrowth(before, tf.memory());
  if (leak !== undefined) throw contract.fault(`leaves ${leak} behind on two ranks. Dispose what a rank does not use.`);
  const [first, second] = ranks as [Outcome, Outcome];
  const path = firstDifferentPath(sharedPart(second), sharedPart(first));
  if (path !== undefined)
    throw contract.fault(
      `leaves the ranks with different states, at ${path}. What differs by rank stands under perRank; all else is decided together.`,
    );
  const [effect] = second.world.effects;
  if (effect !== undefined)
    throw contract.fault(`${effect} on rank 1: files and connections belong to rank 0. Ask this.processGroup.rank first.`);
  const [line] = second.world.lines;
  if (line !== undefined)
    throw contract.fault(`prints "${line}" on rank 1: lines belong to rank 0. Use this.logger, which is silent on the others.`);
}

function onTwoRanks(contract: Contract): Promise<Outcome[]> {
  const { self: companions, settings } = contract;
  const disk = new MemoryStorage();
  const classes = [0, 1].map(() => contract.classOf(companions, ...(settings.sumsOverRanks === true ? [] : [TestRanks])).Class);
  return onRanks(2, (group) => runContract({ Class: classes[group.rank]!, companions, group, disk, scenario: settings.scenario }));
}

/** What must be equal on all ranks. A rank with fewer samples has had fewer batches. */
function sharedPart({ own, history }: Outcome): unknown {
  const { perRank: _, progress, ...shared } = own;
  return { ...shared, progress: { ...asRecord(progress), batch: 0 }, history };
}
