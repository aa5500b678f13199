import type * as tf from "@tensorflow/tfjs";
import { placeLayers, weightsByPath } from "./layer-paths.js";
import { isLayersModel, type Model, type Weights } from "./model.js";
import { assignWeights, readWeights, type WeightsMismatch } from "./weights.js";

/** A copy of all weights of a model by structural path, buffers included: what `trainer.modelWeights()` gives, of a model without a trainer. */
export function readModelWeights(model: Model): Promise<Weights> {
  return readWeights(variablesByPath(model));
}

/** Puts weights into a model without a trainer. @throws SnapfitError `WEIGHTS_MISMATCH`; with `strict: false` takes what fits and returns the rest. */
export function assignModelWeights(model: Model, weights: Weights, { strict = true }: { readonly strict?: boolean } = {}): WeightsMismatch {
  return assignWeights(variablesByPath(model), weights, strict);
}

function variablesByPath(model: Model): ReadonlyMap<string, tf.Variable> {
  if (!isLayersModel(model)) return new Map([...model.parameters(), ...(model.buffers?.() ?? [])]);
  return new Map(placeLayers(model).flatMap((layer) => weightsByPath(layer).map(([path, weight]) => [path, weight.read()] as const)));
}
