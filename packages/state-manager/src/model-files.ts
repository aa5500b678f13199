import type { Storage } from "@snapfit/base";
import { DiskStorage } from "@snapfit/base/node";
import type { Model, Weights } from "@snapfit/core";
import { assignModelWeights, readModelWeights } from "@snapfit/core/node";
import { fromHostTensors, openSafetensors, toHostTensor, writeSafetensors } from "@snapfit/safetensors";
import * as tf from "@tensorflow/tfjs";
import { isCheckpoint, readCheckpoint } from "./checkpoint-files.js";
import { hostTensorOf, unescaped } from "./pack-state.js";
import { writeAtomically } from "./write-atomically.js";
import { stateManagerError } from "./state-manager-error.js";

/** `safetensors`: one file. `tfjs`: a folder with model.json and weights.bin, which `tf.loadLayersModel` reads. */
export type ModelFormat = "safetensors" | "tfjs";

/** A model as its files hold it. */
export interface StoredModel {
  readonly weights: Weights;
  /** JSON of the layers; undefined where the model was no tf.LayersModel. */
  readonly topology: string | undefined;
}

/** JSON of the layers of a tf.LayersModel; undefined for any other model. */
export function topologyOf(model: Model): string | undefined {
  return model instanceof tf.LayersModel ? JSON.stringify(model.toJSON(undefined, false)) : undefined;
}

/** Writes weights into one file, whole or not at all. */
export async function writeModel(storage: Storage, path: string, { weights, topology }: StoredModel): Promise<void> {
  const tensors = fromHostTensors(weights);
  await writeAtomically(storage, path, async (temporary) => {
    await writeSafetensors(storage, temporary, tensors, { metadata: topology === undefined ? {} : { topology } });
    await storage.sync(temporary);
  });
}

/** Writes a tf.LayersModel as TensorFlow.js does, whole or not at all. */
export async function writeTfjsModel(storage: Storage, path: string, model: tf.LayersModel): Promise<void> {
  let artifacts!: tf.io.ModelArtifacts;
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    }),
  );
  const { modelTopology, weightSpecs, weightData, format, generatedBy } = artifacts;
  const json = {
    format,
    generatedBy,
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths: ["weights.bin"], weights: weightSpecs }],
  };
  const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
  await writeAtomically(storage, path, async (temporary) => {
    await storage.write(`${temporary}/weights.bin`, bytes);
    await storage.write(`${temporary}/model.json`, new TextEncoder().encode(JSON.stringify(json)));
    for (const member of ["weights.bin", "model.json"]) await storage.sync(`${temporary}/${member}`);
    await storage.sync(temporary);
  });
}

/**
 * Reads weights from a checkpoint (of a `best` one the best weights), a safetensors file, or a folder of TensorFlow.js.
 * @throws SnapfitError `NO_MODEL` if there is none of these, `CHECKPOINT_DAMAGED`, those of @snapfit/safetensors
 */
export async function readModel(storage: Storage, path: string): Promise<StoredModel> {
  const entry = await storage.stat(path);
  if (entry === undefined) throw noModel(path);
  if (entry.kind === "folder" && (await storage.stat(`${path}/model.json`)) !== undefined) {
    const model = await readTfjsModel(storage, path);
    const stored = { weights: await readModelWeights(model), topology: topologyOf(model) };
    model.dispose();
    return stored;
  }
  if (path.endsWith(".ckpt") || (entry.kind === "folder" && (await isCheckpoint(storage, path)))) return readCheckpointModel(storage, path);
  if (entry.kind === "folder") throw noModel(path);
  const file = await openSafetensors(storage, path);
  const weights: [string, Weights[string]][] = [];
  for (const name of file.entries.keys()) weights.push([name, toHostTensor(await file.read(name), name)]);
  return { weights: Object.fromEntries(weights), topology: file.metadata.get("topology") };
}

/**
 * A tf.LayersModel from any file that holds one: a checkpoint, what `saveModel()` wrote, or a folder of TensorFlow.js.
 * @throws SnapfitError `NO_MODEL`, `NOT_A_LAYERS_MODEL` if the file holds weights alone, `CHECKPOINT_DAMAGED`
 * @example
 * import { openModel } from "@snapfit/state-manager";
 *
 * await openModel("runs/digits/checkpoints/best_model.ckpt").then(
 *   (model) => model.summary(),
 *   (error: Error) => console.log(error.message),
 * );
 */
export async function openModel(
  path: string,
  { storage = new DiskStorage() }: { readonly storage?: Storage } = {},
): Promise<tf.LayersModel> {
  const { weights, topology } = await readModel(storage, path);
  if (topology === undefined) {
    throw stateManagerError(
      "NOT_A_LAYERS_MODEL",
      `"${path}" holds weights without layers: the model was no tf.LayersModel. Build the model in code, and load the weights with loadModel().`,
    );
  }
  const model = await tf.models.modelFromJSON(JSON.parse(topology) as tf.io.ModelJSON["modelTopology"]);
  await assignModelWeights(model, weights);
  return model;
}

function noModel(path: string): Error {
  return stateManagerError(
    "NO_MODEL",
    `There is no model at "${path}". loadModel() and openModel() take a .safetensors file, a checkpoint, or a folder with model.json. Check the path.`,
  );
}

async function readCheckpointModel(storage: Storage, path: string): Promise<StoredModel> {
  const { texts, arrays, info } = await readCheckpoint(storage, path);
  const prefix = info.kind === "best" ? "best/weights/" : "weights/";
  const weights = [...arrays]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, tensor]) => {
      const plain = unescaped(name.slice(prefix.length));
      return [plain, hostTensorOf(tensor, plain)] as const;
    });
  return { weights: Object.fromEntries(weights), topology: texts["topology"] };
}

async function readTfjsModel(storage: Storage, path: string): Promise<tf.LayersModel> {
  const json = JSON.parse(new TextDecoder().decode(await storage.read(`${path}/model.json`))) as tf.io.ModelJSON;
  const specs = json.weightsManifest.flatMap(({ weights }) => weights);
  const parts: Uint8Array[] = [];
  for (const file of json.weightsManifest.flatMap(({ paths }) => paths)) parts.push(await storage.read(`${path}/${file}`));
  const weightData = new Uint8Array(Buffer.concat(parts)).buffer;
  return tf.loadLayersModel(tf.io.fromMemory({ ...json, weightSpecs: specs, weightData }));
}
