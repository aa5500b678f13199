import { placeLayers } from "../layer-paths.js";
import { isLayersModel, type Model } from "../model.js";
import * as tf from "@tensorflow/tfjs";

/** A layer, or a whole model that has none. */
export interface ObservedLayer {
  /** `encoder.layers.0 (Dense)` */
  readonly name: string;
  readonly path: string;
  readonly layer: tf.layers.Layer | undefined;
}

/** Sees a call of a layer before it runs; what it returns sees the outputs. */
export type LayerObserver = (layer: ObservedLayer, inputs: readonly tf.Tensor[]) => (outputs: readonly tf.Tensor[]) => void;

type Forward = (inputs: tf.Tensor | tf.Tensor[], options: never) => tf.Tensor | tf.Tensor[];

/** Knows which layer runs while a model is used, and shows each call to an observer. */
export class ObservedLayers {
  readonly #restores: (() => void)[] = [];
  readonly #running: ObservedLayer[] = [];
  /** The layer in which the first throw happened. */
  failed: { readonly layer: ObservedLayer; readonly inputs: readonly tf.Tensor[] } | undefined;

  constructor(model: Model, observe: LayerObserver) {
    if (isLayersModel(model)) {
      for (const { path, layer } of placeLayers(model))
        this.#wrap(layer, "apply", { name: `${path} (${layer.getClassName()})`, path, layer }, observe);
    } else if (model.forward !== undefined) this.#wrap(model, "forward", { name: "the model", path: "model", layer: undefined }, observe);
  }

  /** The innermost layer that runs now. */
  get running(): ObservedLayer | undefined {
    return this.#running.at(-1);
  }

  /** Takes the observation off again. */
  restore(): void {
    for (const restore of this.#restores) restore();
  }

  #wrap(target: object, method: string, layer: ObservedLayer, observe: LayerObserver): void {
    const owner = target as Record<string, Forward>;
    const original = owner[method]!;
    const isOwn = Object.hasOwn(target, method);
    owner[method] = (inputs, options) => {
      const given = tensorsOf(inputs);
      this.#running.push(layer);
      try {
        const seeOutputs = observe(layer, given);
        const outputs = original.call(target, inputs, options);
        seeOutputs(tensorsOf(outputs));
        return outputs;
      } catch (error) {
        this.failed ??= { layer, inputs: given };
        throw error;
      } finally {
        this.#running.pop();
      }
    };
    this.#restores.push(() => {
      if (isOwn) owner[method] = original;
      else delete owner[method];
    });
  }
}

/** Symbolic tensors, which a model that is still being built passes on, are none. */
function tensorsOf(value: unknown): tf.Tensor[] {
  return (Array.isArray(value) ? value : [value]).filter((each): each is tf.Tensor => each instanceof tf.Tensor);
}
