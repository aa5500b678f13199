import { SnapfitError } from "@snapfit/base";
import type { Session } from "./session.js";

/** The error for losses and gradients with NaN or infinite values. */
export function notFiniteError(what: string): SnapfitError {
  return new SnapfitError("NOT_FINITE", `${what} Lower the learning rate, clip gradients, or look at the batch for values out of range.`);
}

/** Reads the flags of device backends; a set one is an error. On host memory there are none. */
export async function checkFiniteFlags(session: Session): Promise<void> {
  const flags = session.finiteFlags;
  if (flags.length === 0) return;
  session.finiteFlags = [];
  const values = await Promise.all(flags.map((flag) => flag.data()));
  for (const flag of flags) flag.dispose();
  const bad = values.findIndex((value) => value[0] === 0);
  if (bad < 0) return;
  throw notFiniteError(`Gradients were not finite ${flags.length - bad} steps before or in step ${session.counters.step}. The steps with such gradients did not use them.`);
}
