import type * as tf from "@tensorflow/tfjs";
import type { TinyTrainer } from "../tiny-trainers.js";
import type { Contract } from "./contract.js";
import { Ownership } from "./ownership.js";
import { prepare } from "./run.js";

/** It leaves alone what belongs to the loop, and hands over what the loop is to own. */
export async function checkOwnership(contract: Contract): Promise<void> {
  let trainer: TinyTrainer | undefined;
  const made = contract.classOf(contract.self);
  const ownership = new Ownership(made, contract.addOn, () =>
    ((trainer?.model as tf.LayersModel | undefined)?.weights ?? []).map((weight) => weight.read()),
  );
  const prepared = prepare({ Class: made.Class, companions: contract.self });
  ({ trainer } = prepared);
  let failure: unknown;
  try {
    await trainer.fit({ ...prepared.data, epochs: 1 });
  } catch (error) {
    failure = error;
  } finally {
    await prepared.release().catch((error: unknown) => (failure ??= error));
  }
  const faults = ownership.faults();
  if (faults.length > 0) throw contract.fault(faults.join(`\n${contract.name} `), failure);
  if (failure !== undefined) throw contract.fault(`fails: ${(failure as Error).message}`, failure);
}
