import { sumsOfSquares } from "@snapfit/optim";
import * as tf from "@tensorflow/tfjs";
import { nextTensorId } from "./read-step-result.js";

/** Gradients by parameter path. */
export type Gradients = ReadonlyMap<string, tf.Tensor>;

/** Gradients of a scalar function, kept beyond the running tidy: a missing gradient is absent from the map. @param loss returns a tensor that it made. */
export function gradientsOf(loss: () => tf.Scalar, parameters: ReadonlyMap<string, tf.Variable>): Map<string, tf.Tensor> {
  const before = nextTensorId();
  const { value, grads } = engineGradients(loss, [...parameters.values()]);
  if (!value.kept) value.dispose(); // a kept one is the step's result
  const gradients = new Map<string, tf.Tensor>();
  let i = 0;
  for (const path of parameters.keys()) {
    const gradient = grads[i++];
    if (!gradient) continue;
    // A custom gradient may return one tensor for two inputs, or one that is somebody else's.
    gradients.set(path, tf.keep(gradient.kept || gradient.id < before ? gradient.clone() : gradient));
  }
  return gradients;
}

/** The engine's own call: `tf.variableGrads` keys by process-global names and throws where no parameter has a gradient. */
function engineGradients(loss: () => tf.Scalar, variables: tf.Variable[]): { value: tf.Scalar; grads: (tf.Tensor | undefined)[] } {
  const engine = tf.engine() as unknown as {
    gradients(
      f: () => tf.Scalar,
      xs: tf.Tensor[],
      dy: undefined,
      allowNoGradients: boolean,
    ): { value: tf.Scalar; grads: (tf.Tensor | undefined)[] };
  };
  return engine.gradients(loss, variables, undefined, true);
}

/** Disposes the tensors of `before` that are not in `after`. */
export function disposeReplaced(before: Gradients, after: Gradients | null): void {
  if (before === after) return;
  const kept = new Set(after?.values());
  for (const gradient of before.values()) if (!kept.has(gradient)) gradient.dispose();
}

/** What one look at all gradients tells. */
export interface GradientCheck {
  /** Joint L2 norm, on the host where the backend keeps its data there, else a scalar on the device. */
  readonly norm: number | tf.Scalar;
  /** Paths of gradients with NaN or infinite values; empty on device backends, where reading them would block. */
  readonly notFinite: readonly string[];
}

/** The joint norm of all gradients and the names of those that are not finite, in one pass over host memory. */
export function checkGradients(gradients: Gradients): GradientCheck {
  const squares = sumsOfSquares([...gradients.values()]);
  if (squares === undefined) return { norm: tf.tidy(() => globalNorm(gradients)), notFinite: [] };
  let sum = 0;
  const notFinite: string[] = [];
  let i = 0;
  for (const path of gradients.keys()) {
    const square = squares[i++]!;
    if (!Number.isFinite(square)) notFinite.push(path);
    sum += square;
  }
  return { norm: Math.sqrt(sum), notFinite };
}

/** Scalar []: the L2 norm over all tensors together. */
function globalNorm(gradients: Gradients): tf.Scalar {
  if (gradients.size === 0) return tf.scalar(0);
  return tf.sqrt(tf.addN([...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)))));
}

/** Zeros in place of all gradients if the norm is not finite: guards the weights on backends whose flag is read later. */
export function guardGradients(gradients: Gradients, norm: tf.Scalar): Gradients {
  return mapGradients(gradients, () => {
    const finite = tf.isFinite(norm);
    return (gradient) => tf.where(finite, gradient, tf.zerosLike(gradient));
  });
}

/**
 * Scales gradients so that their joint L2 norm is at most `maxNorm`; the same map if it is already. The caller disposes what it gave.
 * @param maxNorm > 0. @param norm from {@link checkGradients}.
 * @see Pascanu et al. 2013, arXiv:1211.5063, section 3.2
 */
export function clipByNorm(gradients: Gradients, maxNorm: number, norm: number | tf.Scalar): Gradients {
  // PyTorch's form, clip_grad_norm_: scale = min(1, maxNorm / (norm + 1e-6))
  if (typeof norm === "number") {
    const scale = maxNorm / (norm + 1e-6);
    return scale >= 1 ? gradients : mapGradients(gradients, () => (gradient) => tf.mul(gradient, scale));
  }
  return mapGradients(gradients, () => {
    const scale = tf.minimum(1, tf.div(maxNorm, tf.add(norm, 1e-6)));
    return (gradient) => tf.mul(gradient, scale);
  });
}

/** Limits each value to [-maxValue, maxValue]. The caller disposes what it gave. */
export function clipByValue(gradients: Gradients, maxValue: number): Gradients {
  return mapGradients(gradients, () => (gradient) => tf.clipByValue(gradient, -maxValue, maxValue));
}

/** Changes each gradient; what else is computed for it is released. */
function mapGradients(gradients: Gradients, prepare: () => (gradient: tf.Tensor) => tf.Tensor): Gradients {
  const changed = new Map<string, tf.Tensor>();
  tf.tidy(() => {
    const change = prepare();
    for (const [path, gradient] of gradients) changed.set(path, tf.keep(change(gradient)));
  });
  return changed;
}
