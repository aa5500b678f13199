import { SnapfitError, type HostTensor } from "@snapfit/base";
import type * as tf from "@tensorflow/tfjs";

/** Any source of parameters that is no `tf.LayersModel`. Keys are structural paths, equal whenever the same code builds the model. */
export interface ParameterSource {
  /** What the optimizer may change, by path. */
  parameters(): ReadonlyMap<string, tf.Variable>;
  /** Further state that belongs to the weights, such as moving averages, by path. */
  buffers?(): ReadonlyMap<string, tf.Variable>;
  /** Makes `this.forward(inputs)` of the trainer work. */
  forward?(inputs: tf.Tensor | tf.Tensor[], mode: { readonly training: boolean }): tf.Tensor | tf.Tensor[];
}

/** What a trainer can train. */
export type Model = tf.LayersModel | ParameterSource;

/** Weights in host memory by structural path: parameters and buffers. */
export type Weights = Readonly<Record<string, HostTensor>>;

/** Whether a model is a `tf.LayersModel` (also of another copy of TensorFlow.js). */
export function isLayersModel(model: Model): model is tf.LayersModel {
  return typeof model === "object" && model !== null && "layers" in model && "predictOnBatch" in model;
}

/** @throws SnapfitError `MODEL_INVALID` for anything that is no model. */
export function checkModel(model: Model): void {
  if (isLayersModel(model) || typeof (model as Partial<ParameterSource> | null)?.parameters === "function") return;
  throw new SnapfitError(
    "MODEL_INVALID",
    `The model is ${describe(model)}. Give a tf.LayersModel, an object with parameters(): Map<string, tf.Variable>, or a function that makes one.`,
  );
}

function describe(value: unknown): string {
  if (value === null || typeof value !== "object") return `${typeof value} ${String(value)}`;
  return value instanceof Promise ? "a promise" : `an object with ${Object.keys(value).slice(0, 5).join(", ") || "no members"}`;
}
