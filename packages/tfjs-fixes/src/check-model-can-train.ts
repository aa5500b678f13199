import type * as tf from "@tensorflow/tfjs";
import { layerOps } from "./gradient-tables.js";
import { unsupportedGradients } from "./unsupported-gradients.js";

type Layer = tf.layers.Layer;

/** A layer that cannot be trained on a backend. */
export interface UntrainableLayer {
  /** Structural path, such as `layers.3` or `layers.2.layers.0`. */
  readonly layer: string;
  /** The layer's class, such as `Conv3DTranspose`. */
  readonly className: string;
  readonly op: string;
  /** Why, in a sentence. */
  readonly reason: string;
}

/** What this module reads of layers beyond their public type. */
interface LayerInside {
  readonly layers?: readonly Layer[];
  readonly layer?: Layer;
  readonly forwardLayer?: Layer;
  readonly dilationRate?: number | readonly number[];
}

/**
 * The layers of a model whose training needs an op without gradient or kernel on a backend, after the fixes. Empty: the model trains there.
 * Layers that no gradient passes (preprocessing before the first weights, or a frozen beginning) are left out. Own layer classes are taken to train.
 * Changes nothing; load the backend's module first.
 */
export function checkModelCanTrain(model: tf.LayersModel, backendName: string): readonly UntrainableLayer[] {
  const unsupported = unsupportedGradients(backendName);
  const found: UntrainableLayer[] = [];
  const visit = (layer: Layer, path: string, hasTrainableInputs: boolean): void => {
    const { layers, layer: wrapped, forwardLayer } = layer as unknown as LayerInside;
    if (layers !== undefined) visitAll(layers, `${path === "" ? "" : `${path}.`}layers`, hasTrainableInputs);
    const inner = forwardLayer ?? wrapped;
    if (inner !== undefined) visit(inner, `${path}.layer`, hasTrainableInputs);
    if (!hasTrainableInputs && layer.trainableWeights.length === 0) return;
    for (const [op, reason] of problemsOf(layer, unsupported, backendName))
      found.push({ layer: path, className: layer.getClassName(), op, reason });
  };
  const visitAll = (layers: readonly Layer[], path: string, hasTrainableInputs: boolean): void => {
    layers.forEach((layer, i) => visit(layer, `${path}.${i}`, hasTrainableInputs || followsTrainable(layer, layers)));
  };
  visitAll(model.layers, "layers", false);
  return found;
}

function* problemsOf(layer: Layer, unsupported: ReadonlyMap<string, string>, backendName: string): Generator<[op: string, reason: string]> {
  const className = layer.getClassName();
  for (const op of layerOps[className] ?? []) {
    const reason = unsupported.get(op);
    if (reason !== undefined) yield [op, reason];
  }
  const { dilationRate = 1 } = layer as unknown as LayerInside;
  // The native engine has a gradient of its own.
  if (className === "Conv3D" && backendName !== "native" && [dilationRate].flat().some((rate) => rate !== 1))
    yield ["Conv3D", "TensorFlow.js has no gradient for Conv3D with a dilation greater than 1."];
}

/** Whether weights that train lie on a way from the inputs of the model to the inputs of the layer. */
function followsTrainable(layer: Layer, layers: readonly Layer[], seen = new Set<Layer>()): boolean {
  const inputs = layer.inboundNodes
    .flatMap((node) => (node as unknown as { inboundLayers: Layer[] }).inboundLayers)
    .filter((input) => layers.includes(input) && !seen.has(input));
  for (const input of inputs) seen.add(input);
  return inputs.some((input) => input.trainableWeights.length > 0 || followsTrainable(input, layers, seen));
}
