import type * as tf from "@tensorflow/tfjs";
import { isLayersModel, type Model, type Weights } from "./model.js";
import { assignWeights, readWeights, type WeightsMismatch } from "./weights.js";

/** A copy of all weights of a model by structural path, buffers included: what `trainer.modelWeights()` gives, of a model without a trainer. */
export async function readModelWeights(model: Model): Promise<Weights> {
  return readWeights(await variablesByPath(model));
}

/** Puts weights into a model without a trainer. @throws SnapfitError `WEIGHTS_MISMATCH`; with `strict: false` takes what fits and returns the rest. */
export async function assignModelWeights(
  model: Model,
  weights: Weights,
  { strict = true }: { readonly strict?: boolean } = {},
): Promise<WeightsMismatch> {
  return assignWeights(await variablesByPath(model), weights, strict);
}

async function variablesByPath(model: Model): Promise<ReadonlyMap<string, tf.Variable>> {
  if (!isLayersModel(model)) return new Map([...model.parameters(), ...(model.buffers?.() ?? [])]);
  const { placeLayers, weightsByPath } = await import("./layer-paths.js");
  return new Map(placeLayers(model).flatMap((layer) => weightsByPath(layer).map(([path, weight]) => [path, weight.read()] as const)));
}
