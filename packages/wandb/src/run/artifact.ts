import type { BestModelState } from "@snapfit/core";
import { encodeSafetensors, fromHostTensors } from "@snapfit/safetensors";
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { jsonText } from "../log/json-text.js";
import type { ArtifactFacts } from "../log/write-records.js";

/** The run that an artifact is of. */
export interface ArtifactRun {
  readonly runId: string;
  readonly entity: string | undefined;
  readonly project: string;
  /** Of the run's log; the file stays here for the upload. */
  readonly folder: string;
}

/** Writes weights to a file, and tells what an artifact of them is. */
export async function modelArtifact(model: BestModelState, { runId, entity, project, folder }: ArtifactRun): Promise<ArtifactFacts> {
  const { weights, monitor, value, epoch, step } = model;
  const bytes = encodeSafetensors(fromHostTensors(weights), { metadata: { monitor, value: String(value) } });
  const path = "model.safetensors";
  const localPath = resolve(folder, "artifacts", `step-${step}`, path);
  mkdirSync(dirname(localPath), { recursive: true });
  await writeFile(localPath, bytes);
  const files = [{ path, digest: createHash("md5").update(bytes).digest("base64"), sizeBytes: bytes.length, localPath }];
  return {
    runId,
    entity,
    project,
    type: "model",
    name: `run-${runId}-model`,
    digest: manifestDigest(files),
    metadata: jsonText({ [monitor]: value, epoch, step }),
    aliases: ["best", "latest"],
    clientId: newClientId(),
    sequenceClientId: newClientId(),
    files,
  };
}

/** @see wandb/wandb: wandb/sdk/artifacts/artifact_manifests/artifact_manifest_v1.py */
function manifestDigest(files: readonly { readonly path: string; readonly digest: string }[]): string {
  const hash = createHash("md5").update("wandb-artifact-manifest-v1\n");
  for (const { path, digest } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) hash.update(`${path}:${digest}\n`);
  return hash.digest("hex");
}

function newClientId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(64))).toString("hex");
}
