import type { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { isPromise } from "./awaitable.js";
import {
  checkGradients,
  clipByNorm,
  clipByValue,
  disposeReplaced,
  guardGradients,
  type GradientCheck,
  type Gradients,
} from "./gradients.js";
import { notFiniteError, warnOfLargeNorm } from "./not-finite.js";
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
  const finite = refuseNonFinite(session, unscaled, checkGradients(unscaled));
  logNorm(session);
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
  if (session.pass.badLoss !== undefined || notFinite.length > 0) throw notFiniteNow(session, notFinite);
  if (typeof norm === "number") {
    session.checked = { gradients, norm };
    return gradients;
  }
  session.gradientNorms.push({ norm: tf.keep(norm), step: session.counters.step + 1 });
  const guarded = guardGradients(gradients, norm);
  exchange(session, gradients, guarded);
  const guardedNorm = tf.tidy(() => tf.where(tf.isFinite(norm), norm, 0) as tf.Scalar);
  session.ownOne(guardedNorm);
  session.checked = { gradients: guarded, norm: guardedNorm };
  return guarded;
}

/** The joint norm before clipping goes into the next log record. */
function logNorm({ checked, pending, recordMeans, activeSlot }: Session): void {
  const { norm } = checked!;
  const name = activeSlot === undefined || activeSlot.name === "default" ? "grad_norm" : `grad_norm_${activeSlot.name}`;
  pending.add({ name, value: typeof norm === "number" ? norm : tf.keep(norm.clone()), weight: 1, into: [recordMeans] });
}

function notFiniteNow(
  { pass: { badLoss, numBatches }, counters, activeSlot, optimizers }: Session,
  notFinite: readonly string[],
): SnapfitError {
  const loss = badLoss === undefined ? "" : `${badLoss.name} is ${badLoss.value}`;
  const gradients = notFinite.length === 0 ? "" : `${loss && ", and "}gradients of ${listed(notFinite)} are not finite`;
  const first = counters.batch + 1;
  const batches =
    badLoss !== undefined
      ? `batch ${badLoss.index + 1}`
      : numBatches === 1
        ? `batch ${first}`
        : `batches ${first} to ${counters.batch + numBatches}`;
  const weights = activeSlot === optimizers[0] ? ` The weights are still those of step ${counters.step}.` : "";
  return notFiniteError(`${loss}${gradients} in step ${counters.step + 1} (epoch ${counters.globalEpoch}, ${batches}).${weights}`);
}

function listed(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more` : names.join(", ");
}

/** The default of `clipGradients`. */
export function clip(session: Session, gradients: Gradients): Gradients {
  const options = session.options.clip;
  if (options === undefined) return gradients;
  const norm = session.checked?.gradients === gradients ? session.checked.norm : checkGradients(gradients).norm;
  if (typeof norm === "number") warnOfLargeNorm(session, norm);
  else session.ownOne(norm);
  const clipped = options.norm === undefined ? gradients : clipByNorm(gradients, options.norm, norm);
  if (options.value === undefined) return clipped;
  const limited = clipByValue(clipped, options.value);
  if (clipped !== gradients) for (const gradient of clipped.values()) gradient.dispose();
  return limited;
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
