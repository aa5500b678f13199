import { SnapfitError } from "@snapfit/base";
import * as tf from "@tensorflow/tfjs";
import { dropout } from "./dropout.js";
import { placeLayers, weightsByPath, type LayerWeight, type PlacedLayer } from "./layer-paths.js";
import { isLayersModel, type Model, type ParameterSource } from "./model.js";
import { sectionRandomness } from "./sync-section.js";

/** A model as the loop sees it, whatever it is. */
export interface TrainedModel {
  readonly source: Model;
  /** Variables that the optimizer may change now, by path. */
  parameters(): ReadonlyMap<string, tf.Variable>;
  /** All variables, frozen ones and buffers included, by path. */
  weights(): ReadonlyMap<string, tf.Variable>;
  /** @throws SnapfitError `NO_FORWARD` */
  forward(inputs: tf.Tensor | tf.Tensor[], training: boolean): tf.Tensor | tf.Tensor[];
  /** Sum of the regularisation losses, inside of the tape; undefined if there are none. */
  regularization(): tf.Tensor | undefined;
  /** Puts the weights back into what their constraints allow, after a step. */
  applyConstraints(): void;
}

/** Adapts a model. Dropout layers of a LayersModel draw from the trainer's streams from then on. */
export function adoptModel(model: Model): TrainedModel {
  return isLayersModel(model) ? new LayersAdapter(model) : new SourceAdapter(model);
}

class SourceAdapter implements TrainedModel {
  constructor(readonly source: ParameterSource) {}

  parameters(): ReadonlyMap<string, tf.Variable> {
    const parameters = this.source.parameters();
    for (const variable of parameters.values()) {
      if (!variable.trainable) return new Map([...parameters].filter(([, each]) => each.trainable));
    }
    return parameters;
  }

  weights(): ReadonlyMap<string, tf.Variable> {
    const buffers = this.source.buffers?.();
    return buffers === undefined ? this.source.parameters() : new Map([...this.source.parameters(), ...buffers]);
  }

  forward(inputs: tf.Tensor | tf.Tensor[], training: boolean): tf.Tensor | tf.Tensor[] {
    if (!this.source.forward) {
      throw new SnapfitError(
        "NO_FORWARD",
        "The model has no forward(inputs, { training }), which this.forward() and the default predictStep need. Add it to the model, or override predictStep.",
      );
    }
    return this.source.forward(inputs, { training });
  }

  regularization(): undefined {}

  applyConstraints(): void {}
}

class LayersAdapter implements TrainedModel {
  readonly #weights: readonly [string, LayerWeight][];
  readonly #byPath: ReadonlyMap<string, tf.Variable>;
  readonly #constrained: readonly LayerWeight[];
  readonly #isRegularized: boolean;

  constructor(readonly source: tf.LayersModel) {
    const layers = placeLayers(source);
    this.#weights = layers.flatMap(weightsByPath);
    this.#byPath = new Map(this.#weights.map(([path, weight]) => [path, weight.read()]));
    this.#constrained = this.#weights.map(([, weight]) => weight).filter(({ constraint }) => constraint != null);
    this.#isRegularized = layers.some(({ layer }) => layer.losses.length > 0);
    if (this.#byPath.size < this.#weights.length) {
      const twice = this.#weights.map(([path]) => path).find((path, i, paths) => paths.indexOf(path) !== i);
      throw new SnapfitError(
        "MODEL_INVALID",
        `Two weights of the model have the path "${twice}". Paths are made of layer names, which must differ. Give one of the layers another name.`,
      );
    }
    layers.forEach(replaceDropout);
  }

  parameters(): ReadonlyMap<string, tf.Variable> {
    const parameters = new Map<string, tf.Variable>();
    for (const [path, variable] of this.#byPath) if (variable.trainable) parameters.set(path, variable);
    return parameters;
  }

  weights(): ReadonlyMap<string, tf.Variable> {
    return this.#byPath;
  }

  forward(inputs: tf.Tensor | tf.Tensor[], training: boolean): tf.Tensor | tf.Tensor[] {
    return this.source.apply(inputs, { training }) as tf.Tensor | tf.Tensor[];
  }

  regularization(): tf.Tensor | undefined {
    return this.#isRegularized ? tf.addN(this.source.calculateLosses()) : undefined;
  }

  applyConstraints(): void {
    for (const weight of this.#constrained) {
      tf.tidy(() => {
        const variable = weight.read();
        variable.assign(weight.constraint!.apply(variable));
      });
    }
  }
}

/** The layer's own dropout repeats one mask for ever if seeded and cannot be resumed if not. */
function replaceDropout({ path, layer }: PlacedLayer): void {
  if (!["Dropout", "SpatialDropout1D"].includes(layer.getClassName())) return;
  const own = layer as unknown as { rate: number; noiseShape: (number | null)[] | null; call: tf.layers.Layer["call"] };
  const original = own.call.bind(layer);
  own.call = (inputs, kwargs) => {
    const randomness = sectionRandomness();
    if (randomness === undefined || kwargs["training"] !== true) return original(inputs, kwargs);
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    const noiseShape = layer.getClassName() === "SpatialDropout1D" ? [null, 1, null] : own.noiseShape;
    return tf.tidy(() => dropout(input, own.rate, path, randomness, noiseShape));
  };
}
