import { SnapfitError } from "@snapfit/base";
import type { Session } from "./session.js";

/** The error for losses and gradients with NaN or infinite values. */
export function notFiniteError(what: string): SnapfitError {
  return new SnapfitError("NOT_FINITE", `${what} Lower the learning rate, clip gradients, or look at the batch for values out of range.`);
}

/** Reads the gradient norms of device backends; one that is not finite is an error. On host memory there are none. */
export async function checkGradientNorms(session: Session): Promise<void> {
  const waiting = session.gradientNorms;
  if (waiting.length === 0) return;
  session.gradientNorms = [];
  const norms = await Promise.all(waiting.map(async ({ norm }) => (await norm.data())[0]!));
  for (const { norm } of waiting) norm.dispose();
  const bad = waiting.find((_, i) => !Number.isFinite(norms[i]));
  if (bad !== undefined)
    throw notFiniteError(`Gradients were not finite in step ${bad.step}. They were taken as zeros there, so the weights are still finite.`);
  for (const norm of norms) warnOfLargeNorm(session, norm);
}

/** Says a large gradient norm once an epoch, if gradients are clipped at all. */
export function warnOfLargeNorm(session: Session, norm: number): void {
  const {
    options: { clip },
    counters: { globalEpoch },
    console,
  } = session;
  if (clip === undefined || norm <= (clip.warnAbove ?? 10) || session.warnedOfNorm === globalEpoch) return;
  session.warnedOfNorm = globalEpoch;
  console.warning(`Large gradient norm: ${norm.toFixed(2)}`);
}
