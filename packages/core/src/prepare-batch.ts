import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { isPromise } from "./awaitable.js";
import { tensorsIn } from "./batch.js";
import { nextTensorId } from "./read-step-result.js";
import type { Session } from "./session.js";
import { runSection, type SectionRandomness } from "./sync-section.js";

/** A batch as steps see it. */
export interface PreparedBatch {
  readonly batch: unknown;
  /** The tensors that were made for it. They are the loop's; those that a loader yielded or that somebody keeps are not. */
  readonly made: readonly tf.Tensor[];
}

/** Transfers a batch, and in training transforms it, in one tidy and with seeded random numbers. */
export function prepareBatch(session: Session, batch: unknown, randomness: SectionRandomness): PreparedBatch {
  const { trainer, phase } = session;
  let ready: unknown;
  const before = nextTensorId();
  const tensors = runSection(randomness, () =>
    tf.tidy(() => {
      ready = refusePromise("transferBatch", trainer.transferBatch(batch));
      if (phase === "train") ready = refusePromise("transformBatch", trainer.transformBatch(ready));
      return tensorsIn(ready);
    }),
  );
  const made = tensors.filter((tensor) => tensor.id >= before && !tensor.kept);
  session.own(made);
  return { batch: ready, made };
}

function refusePromise(method: string, value: unknown): unknown {
  if (!isPromise(value)) return value;
  value.catch(() => undefined); // this error is the one to show
  throw new SnapfitError(
    "STEP_RESULT",
    `${method} returned a promise. It is synchronous. Remove async; what has to wait belongs into the loader, which reads ahead.`,
  );
}
