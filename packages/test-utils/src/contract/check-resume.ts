import { MemoryStorage, parseState, stringifyState, type StateRecord, type Storage } from "@snapfit/base";
import { firstDifferentPath, valueAt } from "../expect-same-bits.js";
import type { Contract } from "./contract.js";
import { lasting } from "./run.js";
import { copyOfDisk } from "./world.js";

interface Saved {
  readonly text: string;
  readonly disk: Storage;
  readonly at: string;
}

/** A state taken anywhere, as text, makes a new trainer end with the bits of the run that was never stopped. */
export async function checkResume(contract: Contract): Promise<void> {
  const disk = new MemoryStorage();
  const saved: Saved[] = [];
  const whole = await contract.run({
    disk,
    onSavePoint: async (trainer, kind) => {
      const at = `step ${trainer.progress.step}${kind === "step" ? "" : ` (${kind})`}`;
      saved.push({ text: textOf(contract, await trainer.captureState()), disk: await copyOfDisk(disk), at });
    },
  });
  const path = firstDifferentPath(whole.state, (await contract.alone()).state);
  if (path !== undefined)
    throw contract.fault(`changes the run when its state is saved: it ends with other bits at ${path}. saveState() must change nothing.`);
  for (const { text, disk: then, at } of saved) {
    const resumed = await contract.run({ from: parseState(text) as StateRecord, disk: then }, ` when it goes on from the state of ${at}`);
    const different = firstDifferentPath(resumed.state, whole.state);
    if (different !== undefined) {
      throw contract.fault(
        `does not resume exactly: from the state of ${at} it ends with ${valueAt(resumed.state, different)} instead of ${valueAt(whole.state, different)} at ${different}. It keeps something that saveState() does not return, or loadState() does not take up.`,
      );
    }
    const row = firstDifferentPath(resumed.rows, whole.rows.slice(whole.rows.length - resumed.rows.length));
    if (row !== undefined) throw contract.fault(`does not resume exactly: from the state of ${at} its log records differ at ${row}.`);
  }
}

function textOf(contract: Contract, state: StateRecord): string {
  try {
    return stringifyState(lasting(state));
  } catch (cause) {
    throw contract.fault(`has a state that cannot be written: ${(cause as Error).message}`, cause);
  }
}
