import * as tf from "@tensorflow/tfjs";

type GradientMap = Record<string, () => tf.Tensor>;

/** What the engine keeps of an operation for the backward pass. */
interface TapeNode {
  readonly kernelName: string;
  readonly inputs: Record<string, tf.Tensor>;
  gradient?: (dys: (tf.Tensor | null)[]) => GradientMap;
}

interface Engine {
  readonly state: { readonly activeTape: TapeNode[] | null; readonly numBytes: number };
  addTapeNode(...args: unknown[]): void;
  trackTensor(...args: unknown[]): void;
}

/** An operation on the way from a parameter to the loss whose gradient could not be computed. */
export interface FailedGradient<Layer> {
  readonly op: string;
  readonly layer: Layer | undefined;
  readonly reason: string;
}

/**
 * Runs a forward and backward pass in which an operation without gradient counts as one with a gradient of zeros, so that all of them are found in one pass.
 * @param running the layer that runs now
 */
export function observeTape<Layer, T>(running: () => Layer | undefined, pass: () => T): { result: T; failed: FailedGradient<Layer>[] } {
  const engine = tf.engine() as unknown as Engine;
  const failed: FailedGradient<Layer>[] = [];
  const { addTapeNode } = engine;
  engine.addTapeNode = function (this: Engine, ...args) {
    addTapeNode.apply(this, args);
    const node = this.state.activeTape!.at(-1)!;
    const { kernelName, inputs, gradient } = node;
    const layer = running();
    const fail = (reason: string): void => void failed.push({ op: kernelName, layer, reason });
    const zeros = (name: string): tf.Tensor => tf.zeros(inputs[name]!.shape);
    const gradientOf = (name: string, gradients: GradientMap): tf.Tensor => {
      const compute = gradients[name];
      return compute === undefined ? (fail(`there is none for its input "${name}"`), zeros(name)) : (attempt(compute, fail) ?? zeros(name));
    };
    node.gradient = (dys) => {
      if (gradient === undefined) fail("TensorFlow.js has none");
      const gradients = gradient && attempt(() => gradient(dys), fail);
      // The engine asks only for inputs that lead to a parameter.
      return Object.fromEntries(Object.keys(inputs).map((name) => [name, () => (gradients ? gradientOf(name, gradients) : zeros(name))]));
    };
  };
  try {
    return { result: pass(), failed };
  } finally {
    delete (engine as Partial<Engine>).addTapeNode;
  }
}

function attempt<T>(body: () => T, fail: (reason: string) => void): T | undefined {
  try {
    return body();
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** The most bytes that tensors take at once while `pass` runs. */
export function peakBytesOf(pass: () => void): number {
  const engine = tf.engine() as unknown as Engine;
  const { trackTensor } = engine;
  let peak = engine.state.numBytes;
  engine.trackTensor = function (this: Engine, ...args) {
    trackTensor.apply(this, args);
    peak = Math.max(peak, this.state.numBytes);
  };
  try {
    pass();
    return peak;
  } finally {
    delete (engine as Partial<Engine>).trackTensor;
  }
}
