import { SnapfitError, type HostOutputs, type HostTensor } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";
import type { BatchSource } from "./batch.js";
import { evaluate } from "./evaluation.js";
import type { Session } from "./session.js";
import type { StepResult } from "./step-result.js";

/** What `predictStep` may return. */
export type Prediction = tf.Tensor | Readonly<Record<string, tf.Tensor>>;
/** The same in host memory: what `predict` yields for a batch. */
export type HostPrediction = HostTensor | HostOutputs;

const SINGLE = " prediction"; // a name that no user gives

/** A prediction as the loop's outputs. @throws SnapfitError `STEP_RESULT` */
export function predictionResult(prediction: Prediction | readonly tf.Tensor[]): StepResult {
  if (typeof prediction !== "object" || prediction === null) {
    throw new SnapfitError(
      "STEP_RESULT",
      `predictStep returned ${typeof prediction} ${String(prediction)}. It returns a tensor, or several by name or in a list.`,
    );
  }
  if (Array.isArray(prediction))
    return { outputs: Object.fromEntries((prediction as readonly tf.Tensor[]).map((tensor, i) => [`output${i}`, tensor])) };
  return { outputs: isSingle(prediction) ? { [SINGLE]: prediction } : (prediction as Record<string, tf.Tensor>) };
}

function isSingle(prediction: unknown): prediction is tf.Tensor {
  return typeof (prediction as { dataId?: unknown }).dataId === "object";
}

/**
 * Predictions batch by batch. The pass runs as a task of its own, so that add-ons can wrap it; it stands still while nobody asks,
 * and leaving the iteration early ends it, wrappers included.
 */
export async function* predictions(session: Session, source: BatchSource<unknown>): AsyncGenerator<HostPrediction, void, undefined> {
  let offer!: (outputs: HostOutputs | undefined) => void;
  let answer: (goOn: boolean) => void = () => undefined;
  let offered = new Promise<HostOutputs | undefined>((resolve) => (offer = resolve));
  const emit = (outputs: HostOutputs): Promise<boolean> => {
    const answered = new Promise<boolean>((resolve) => (answer = resolve));
    offer(outputs);
    return answered;
  };
  const running = evaluate(session, "prediction", { source, emit });
  const ended = running.then(
    () => offer(undefined),
    () => offer(undefined),
  );
  try {
    for (;;) {
      const outputs = await offered;
      if (outputs === undefined) break;
      yield outputs[SINGLE] ?? outputs;
      offered = new Promise((resolve) => (offer = resolve));
      answer(true);
    }
  } finally {
    answer(false);
    await ended;
  }
  await running;
}
