import type * as tf from "@tensorflow/tfjs";

/** What the adapter needs of a weight of a layer; TF.js hides `val` and `constraint` from its types. */
export interface LayerWeight {
  readonly originalName: string;
  readonly constraint: { apply(value: tf.Tensor): tf.Tensor } | null;
  read(): tf.Variable;
}

/** A layer of a model with its structural path. */
export interface PlacedLayer {
  readonly path: string;
  readonly layer: tf.layers.Layer;
}

/**
 * All layers of a model but containers, once each, with structural paths: the explicit name of a layer, else `layers.<index>`;
 * those of nested models stand behind the path of the model (`encoder.layers.0`).
 */
export function placeLayers(model: tf.LayersModel): PlacedLayer[] {
  const placed: PlacedLayer[] = [];
  const seen = new Set<tf.layers.Layer>();
  const visit = (layers: readonly tf.layers.Layer[], prefix: string): void => {
    layers.forEach((layer, index) => {
      if (seen.has(layer)) return;
      seen.add(layer);
      const path = prefix + (hasAutomaticName(layer) ? `layers.${index}` : layer.name);
      const inner = (layer as { layers?: tf.layers.Layer[] }).layers;
      if (Array.isArray(inner)) visit(inner, `${path}.`);
      else placed.push({ path, layer });
    });
  };
  visit(model.layers, "");
  return placed;
}

/** Automatic names are `<snake_case class>_<Class><count>`, or `input<count>`; the count goes on over the whole process. */
function hasAutomaticName(layer: tf.layers.Layer): boolean {
  const { name } = layer;
  const className = layer.getClassName();
  if (/^input_?\d+$/i.test(name)) return true;
  const at = name.lastIndexOf(`_${className}`);
  if (at > 0 && /^\d+$/.test(name.slice(at + 1 + className.length))) return true;
  return className === "Sequential" || className === "Model" || className === "Functional"
    ? /^(sequential|model|functional)_?\d+$/i.test(name)
    : false;
}

/** The weights of a layer by path. Two weights of one local name (both directions of an RNN) are told apart by `_1`, `_2`, … */
export function weightsByPath({ path, layer }: PlacedLayer): [string, LayerWeight][] {
  const counts = new Map<string, number>();
  return (layer.weights as unknown as LayerWeight[]).map((weight) => {
    const local = weight.originalName.slice(weight.originalName.lastIndexOf("/") + 1);
    const count = counts.get(local) ?? 0;
    counts.set(local, count + 1);
    return [`${path}.${local}${count === 0 ? "" : `_${count}`}`, weight];
  });
}
