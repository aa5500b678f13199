import * as tf from "@tensorflow/tfjs";
import type { LayerObserver, ObservedLayer } from "./observed-layers.js";
import type { CheckFinding } from "./report.js";

/** Inputs beyond this make first layers saturate: networks are initialised for values of about unit scale. */
const LARGE_INPUT = 100;

/** What is known of a tensor's values. */
interface Values {
  readonly min: number;
  readonly max: number;
  /** How far samples differ from the first one; undefined where the first dimension is not the samples'. */
  readonly spread: number | undefined;
  readonly isFinite: boolean;
}

interface Seen {
  readonly layer: ObservedLayer;
  readonly inputs: readonly tf.Tensor[];
  /** None if the call failed. */
  outputs: readonly tf.Tensor[];
  /** Whether what it reads was made by no layer. */
  readonly isFirst: boolean;
}

/** Looks at what goes into layers and what comes out. */
export class LayerValues {
  readonly #numSamples: number;
  readonly #seen: Seen[] = [];
  readonly #made = new Set<number>();

  constructor(numSamples: number) {
    this.#numSamples = numSamples;
  }

  readonly observe: LayerObserver = (layer, inputs) => {
    const isFirst = inputs.every(({ id }) => !this.#made.has(id));
    const seen: Seen = { layer, isFirst, inputs: inputs.map((tensor) => this.#measure(tensor)), outputs: [] };
    this.#seen.push(seen);
    return (outputs) => {
      for (const { id } of outputs) this.#made.add(id);
      seen.outputs = outputs.map((tensor) => this.#measure(tensor));
    };
  };

  /** Reads what was measured. */
  async findings(): Promise<CheckFinding[]> {
    const findings: CheckFinding[] = [];
    const codes = new Set<string>();
    for (const { layer, isFirst, ...call } of this.#seen) {
      const inputs = await Promise.all(call.inputs.map(valuesOf));
      const outputs = await Promise.all(call.outputs.map(valuesOf));
      const found = rangeFinding(layer, isFirst, inputs) ?? outputFinding(layer, inputs, outputs);
      if (found === undefined || codes.has(found.code)) continue; // what follows from the first one is no news
      codes.add(found.code);
      findings.push(found);
    }
    return findings;
  }

  dispose(): void {
    for (const { inputs, outputs } of this.#seen) tf.dispose([...inputs, ...outputs]);
  }

  /** Float [4]: minimum, maximum, spread (-1 if there is none), and a number that is 0 only if all values are finite. */
  #measure(tensor: tf.Tensor): tf.Tensor {
    return tf.keep(
      tf.tidy(() => {
        if (tensor.size === 0 || tensor.dtype === "string" || tensor.dtype === "complex64") return tf.tensor1d([0, 0, -1, 0]);
        const values = tf.cast(tensor, "float32");
        const hasSamples = tensor.shape[0] === this.#numSamples && this.#numSamples > 1;
        const spread = hasSamples ? tf.max(tf.abs(tf.sub(values, tf.slice(values, 0, 1)))) : tf.scalar(-1);
        return tf.stack([tf.min(values), tf.max(values), spread, tf.sum(tf.mul(values, 0))]);
      }),
    );
  }
}

async function valuesOf(measured: tf.Tensor): Promise<Values> {
  const [min, max, spread, zero] = (await measured.data()) as Float32Array;
  return { min: min!, max: max!, spread: spread === -1 ? undefined : spread!, isFinite: zero === 0 };
}

function rangeFinding({ name, path, layer }: ObservedLayer, isFirst: boolean, inputs: readonly Values[]): CheckFinding | undefined {
  for (const { min, max, isFinite } of inputs) {
    if (layer?.getClassName() === "Embedding") {
      const { inputDim } = layer as unknown as { inputDim: number };
      if (min >= 0 && max < inputDim) continue;
      return {
        severity: "error",
        code: "INDEX_RANGE",
        where: path,
        message: `${name} looks up ${text(min)} to ${text(max)}, and has rows 0 to ${inputDim - 1}. Indices outside give wrong values without an error on some devices. Raise inputDim, or mend the indices.`,
      };
    }
    if (isFirst && isFinite && Math.max(-min, max) > LARGE_INPUT)
      return {
        severity: "warning",
        code: "INPUT_RANGE",
        where: path,
        message: `${name} gets values from ${text(min)} to ${text(max)}. Layers are initialised for values of about -1 to 1. Normalise the inputs.`,
      };
  }
  return undefined;
}

function outputFinding({ name, path }: ObservedLayer, inputs: readonly Values[], outputs: readonly Values[]): CheckFinding | undefined {
  const given = inputs.every(({ isFinite }) => isFinite);
  if (given && outputs.some(({ isFinite }) => !isFinite))
    return {
      severity: "error",
      code: "NOT_FINITE",
      where: path,
      message: `${name} gives NaN or infinite values for finite inputs. Look at its weights and at divisions, logarithms and exponentials in it.`,
    };
  const differ = inputs.some(({ spread }) => spread !== undefined && spread > 0);
  if (differ && outputs.some(({ spread }) => spread === 0))
    return {
      severity: "warning",
      code: "CONSTANT_OUTPUT",
      where: path,
      message: `${name} gives the same output for all samples, though they differ. Weights of zeros or dead units do that. Look at its initializer and activation.`,
    };
  return undefined;
}

function text(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}
