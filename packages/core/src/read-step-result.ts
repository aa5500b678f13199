import { SnapfitError, type HostOutputs } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { isPromise, type Awaitable } from "./awaitable.js";
import { toHostTensor } from "./batch.js";
import type { Session } from "./session.js";
import type { BatchOutputs, StepResult } from "./step-result.js";

/** A step's result taken out of its tidy: the tensors live on and belong to the loop. */
export interface KeptResult {
  readonly scalars: Record<string, tf.Tensor | number>;
  readonly outputs: Record<string, tf.Tensor> | undefined;
}

/**
 * Keeps what a step returned, as the loop's own. Tensors that the step itself made are kept as they are, others (of the batch, of the model) as clones.
 * @param nextTensorId the engine's count before the step: younger tensors were made in it.
 * @throws SnapfitError `STEP_RESULT` for a promise, another type, or a value that is no scalar.
 */
export function keepResult(session: Session, result: StepResult, step: string, nextTensorId: number): KeptResult {
  if (typeof result !== "object" || result === null) throw wrongResult(step, `${String(result)}`);
  if (isPromise(result as Awaitable<unknown>)) {
    (result as unknown as Promise<unknown>).catch(() => undefined); // this error is the one to show
    throw wrongResult(step, "a promise: steps are synchronous, so remove async");
  }
  if (result instanceof tf.Tensor) throw wrongResult(step, "a bare tensor");
  const keep = (tensor: tf.Tensor): tf.Tensor => {
    const own = tf.keep(tensor.id >= nextTensorId && !tensor.kept ? tensor : tensor.clone());
    session.ownOne(own);
    return own;
  };
  const scalars: Record<string, tf.Tensor | number> = {};
  let outputs: Record<string, tf.Tensor> | undefined;
  for (const name in result) {
    const value = result[name];
    if (value === undefined) continue;
    if (name === "outputs") {
      outputs = {};
      for (const [output, tensor] of Object.entries(value as Record<string, tf.Tensor>)) {
        if (!(tensor instanceof tf.Tensor)) throw wrongResult(step, `outputs.${output} that is no tensor`);
        outputs[output] = keep(tensor);
      }
    } else if (typeof value === "number") scalars[name] = value;
    else if (value instanceof tf.Tensor && value.size === 1) scalars[name] = keep(value);
    else
      throw wrongResult(
        step,
        value instanceof tf.Tensor
          ? `"${name}" of shape [${value.shape.join(", ")}]; take its mean, or put it into outputs`
          : `"${name}" that is no scalar`,
      );
  }
  return { scalars, outputs };
}

function wrongResult(step: string, what: string): SnapfitError {
  return new SnapfitError(
    "STEP_RESULT",
    `${step} returned ${what}. A step returns { loss?, ...scalars, outputs? }: scalar tensors or numbers, and tensors by sample under outputs.`,
  );
}

/** The engine's next tensor id: tensors made from now on have this one or a larger. */
export function nextTensorId(): number {
  return (tf.engine().constructor as unknown as { nextTensorId: number }).nextTensorId;
}

/** Reads the outputs without blocking and disposes them; what batch-end hooks get. */
export async function hostOutputsOf({ outputs }: KeptResult): Promise<HostOutputs | undefined> {
  if (outputs === undefined) return undefined;
  const names = Object.keys(outputs);
  const values = await Promise.all(names.map((name) => toHostTensor(outputs[name]!)));
  for (const name of names) outputs[name]!.dispose();
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

export function batchOutputs({ scalars }: KeptResult, outputs: HostOutputs | undefined): BatchOutputs {
  return outputs === undefined ? scalars : { ...scalars, outputs };
}
