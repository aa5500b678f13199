import * as tf from "@tensorflow/tfjs";
import { isPromise } from "./awaitable.js";
import { checkGradients, clipByNorm, clipByValue, disposeReplaced, guardGradients, type GradientCheck, type Gradients } from "./gradients.js";
import { notFiniteError } from "./not-finite.js";
import type { Session } from "./session.js";

/** From the window's gradients to new parameters. False if a transform has skipped the step. */
export async function updateParameters(session: Session, computed: Gradients): Promise<boolean> {
  const { trainer } = session;
  const reducing = trainer.reduceGradients(computed);
  const reduced = isPromise(reducing) ? await reducing : reducing;
  exchange(session, computed, reduced);
  const unscaling = trainer.unscaleGradients(reduced);
  const unscaled = isPromise(unscaling) ? await unscaling : unscaling;
  exchange(session, reduced, unscaled);
  if (unscaled === null) return false;
  const check = checkGradients(unscaled);
  const finite = refuseNonFinite(session, unscaled, check);
  session.checked = { gradients: finite, norm: check.norm };
  const clipped = trainer.clipGradients(finite);
  exchange(session, finite, clipped);
  session.checked = undefined;
  trainer.applyGradients(session.group.size === 1 ? withPresentOnly(session, clipped) : await withPresentAnywhere(session, clipped));
  for (const gradient of clipped.values()) gradient.dispose();
  return true;
}

/** Takes what a transform returned, disposes what it did not give back. */
function exchange(session: Session, before: Gradients, after: Gradients | null): void {
  if (after === before) return;
  disposeReplaced(before, after);
  if (after !== null) session.own(after.values());
}

/** Host memory: an error that names the culprits while the weights are good. Device: a guard now, the error at the next logging point. */
function refuseNonFinite(session: Session, gradients: Gradients, { norm, notFinite }: GradientCheck): Gradients {
  const badLoss = session.pass.scalars.find(({ name, value }) => /(^|_)loss$/.test(name) && typeof value === "number" && !Number.isFinite(value));
  if (badLoss !== undefined || notFinite.length > 0) {
    const { counters } = session;
    const what = badLoss === undefined ? "" : `${badLoss.name} is ${String(badLoss.value)}`;
    const where = notFinite.length === 0 ? "" : `${what && ", and "}gradients of ${listed(notFinite)} are not finite`;
    throw notFiniteError(`${what}${where} in step ${counters.step + 1} (epoch ${counters.globalEpoch}, batch ${counters.batch + 1}). The weights are still those of step ${counters.step}.`);
  }
  if (typeof norm === "number") return gradients;
  session.own([norm]);
  session.finiteFlags.push(tf.keep(tf.tidy(() => tf.isFinite(norm))));
  const guarded = guardGradients(gradients, norm);
  exchange(session, gradients, guarded);
  return guarded;
}

function listed(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more` : names.join(", ");
}

/** The default of `clipGradients`. */
export function clip(session: Session, gradients: Gradients): Gradients {
  const options = session.options.clip;
  if (options === undefined) return gradients;
  let clipped = gradients;
  if (options.norm !== undefined) {
    const norm = session.checked?.gradients === gradients ? session.checked.norm : checkGradients(gradients).norm;
    warnOfLargeNorm(session, norm, options.warnAbove ?? 10);
    clipped = clipByNorm(gradients, options.norm, norm);
  }
  if (options.value === undefined) return clipped;
  const limited = clipByValue(clipped, options.value);
  if (clipped !== gradients) for (const gradient of clipped.values()) gradient.dispose();
  return limited;
}

function warnOfLargeNorm(session: Session, norm: number | tf.Scalar, limit: number): void {
  if (typeof norm !== "number" || norm <= limit || session.warnedOfNorm === session.counters.globalEpoch) return;
  session.warnedOfNorm = session.counters.globalEpoch;
  session.console.warning(`Large gradient norm: ${norm.toFixed(2)}`);
}

/** Leaves out parameters that had no gradient, so that the optimizer does not touch them. */
function withPresentOnly({ pass: { present } }: Session, gradients: Gradients): Gradients {
  if (present.size >= gradients.size) return gradients;
  return new Map([...gradients].filter(([path]) => present.has(path)));
}

/** The same, by a vote: what any rank has a gradient for stays. */
async function withPresentAnywhere({ pass: { present }, group }: Session, gradients: Gradients): Promise<Gradients> {
  const votes = Int32Array.from(gradients.keys(), (path) => (present.has(path) ? 1 : 0));
  await group.allReduce(votes, "max");
  return new Map([...gradients].filter((_, i) => votes[i] === 1));
}
