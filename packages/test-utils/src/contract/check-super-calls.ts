import type { Contract } from "./contract.js";
import { MemoryStorage } from "@snapfit/base";
import { evaluateAll, prepare } from "./run.js";
import { SuperCalls } from "./super-calls.js";

/** Each override calls `super` once, waits for it, and does its own part where it belongs. */
export async function checkSuperCalls(contract: Contract): Promise<void> {
  const made = contract.classOf(contract.self);
  const calls = new SuperCalls(made, contract.addOn);
  const { trainer, data, world, release } = prepare({ Class: made.Class, companions: contract.self, disk: new MemoryStorage() });
  world.onEffect = (effect) => calls.effect(effect);
  let failure: unknown;
  try {
    await trainer.fit({ ...data, epochs: 1 });
    await evaluateAll(trainer);
    await contract.settings.scenario?.(trainer as never, data);
    await trainer.applyState(await trainer.captureState());
  } catch (error) {
    failure = error;
  } finally {
    await release().catch((error: unknown) => (failure ??= error));
  }
  const [fault, ...more] = calls.faults();
  if (fault !== undefined) throw contract.fault([fault, ...more].join(`\n${contract.name} `), failure);
  if (failure !== undefined) throw contract.fault(`fails when super takes its time: ${(failure as Error).message}`, failure);
}
