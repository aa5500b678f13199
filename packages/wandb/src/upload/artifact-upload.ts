import { UploadError } from "@snapfit/logging";
import { createHash } from "node:crypto";
import { existsSync, openAsBlob } from "node:fs";
import type { ArtifactEntry } from "../log/read-artifact.js";
import type { RunName } from "./run-api.js";
import type { FileTarget, Service } from "./service.js";

/** A file of the service that an artifact's file goes to. */
interface Edge {
  readonly node: FileTarget;
}

const createQuery = "mutation CreateArtifact($input: CreateArtifactInput!) { createArtifact(input: $input) { artifact { id state } } }";
const manifestQuery =
  "mutation CreateArtifactManifest($artifactID: ID!, $baseArtifactID: ID, $name: String!, $digest: String!, $entityName: String!, " +
  "$projectName: String!, $runName: String!, $manifestType: ArtifactManifestType!, $includeUpload: Boolean!) { createArtifactManifest(input: " +
  "{artifactID: $artifactID, baseArtifactID: $baseArtifactID, name: $name, digest: $digest, entityName: $entityName, projectName: " +
  "$projectName, runName: $runName, type: $manifestType}) { artifactManifest { id file { uploadUrl @include(if: $includeUpload) " +
  "uploadHeaders @include(if: $includeUpload) } } } }";
const filesQuery =
  "mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) { createArtifactFiles(input: $input) { files { edges { node " +
  "{ uploadUrl uploadHeaders } } } } }";
const commitQuery = "mutation CommitArtifact($artifactID: ID!) { commitArtifact(input: {artifactID: $artifactID}) { artifact { id } } }";

/**
 * Brings an artifact to the service: it is made, gets its manifest and its files, and counts when it is committed. All may be asked for again when a
 * later request has failed.
 * @param step of the last row before it
 */
export async function uploadArtifact(
  service: Service,
  signal: AbortSignal,
  run: RunName,
  artifact: ArtifactEntry,
  step: number | null,
): Promise<void> {
  // One whose files the user has removed is none of the run any more.
  if (!artifact.files.every(({ localPath }) => existsSync(localPath))) return;
  const created = await createArtifact(service, signal, run, artifact, step);
  if (created.state === "COMMITTED") return; // it has the same one already
  const askManifest = async (digest: string, includeUpload: boolean) => {
    const variables = {
      artifactID: created.id,
      baseArtifactID: null,
      name: "wandb_manifest.json",
      digest,
      entityName: run.entity,
      projectName: run.project,
      runName: run.name,
      manifestType: "FULL",
      includeUpload,
    };
    interface Made {
      readonly artifactManifest?: { readonly id: string; readonly file: FileTarget | null } | null;
    }
    const { createArtifactManifest } = await service.ask<{ createArtifactManifest?: Made | null }>(signal, manifestQuery, variables);
    const manifest = createArtifactManifest?.artifactManifest;
    if (manifest == null) throw refused(artifact);
    return manifest;
  };
  const { id: manifestId } = await askManifest("", false);
  await uploadFiles(service, signal, artifact, created.id, manifestId);
  const bytes = new TextEncoder().encode(manifestText(artifact, created.id));
  const { file } = await askManifest(createHash("md5").update(bytes).digest("base64"), true);
  if (file === null) throw refused(artifact);
  await service.put(signal, file, bytes);
  await service.ask(signal, commitQuery, { artifactID: created.id });
}

async function createArtifact(
  service: Service,
  signal: AbortSignal,
  run: RunName,
  { name, type, digest, description, metadata, aliases, clientId, sequenceClientId }: ArtifactEntry,
  step: number | null,
): Promise<{ readonly id: string; readonly state: string }> {
  const input = {
    artifactTypeName: type,
    artifactCollectionName: name,
    artifactCollectionNames: null,
    entityName: run.entity,
    projectName: run.project,
    runName: run.name,
    historyStep: step,
    digest,
    digestAlgorithm: "MANIFEST_MD5",
    description,
    metadata,
    labels: null,
    aliases: aliases.map((alias) => ({ alias, artifactCollectionName: name })),
    clientID: clientId,
    sequenceClientID: sequenceClientId,
    distributedID: null,
    enableDigestDeduplication: true,
    ttlDurationSeconds: null,
    storageRegion: null,
    clientMutationId: null,
  };
  interface Created {
    readonly createArtifact?: { readonly artifact?: { readonly id: string; readonly state: string } | null } | null;
  }
  const { createArtifact: created } = await service.ask<Created>(signal, createQuery, { input });
  if (created?.artifact == null) throw refused({ name });
  return created.artifact;
}

async function uploadFiles(
  service: Service,
  signal: AbortSignal,
  artifact: ArtifactEntry,
  artifactID: string,
  artifactManifestID: string,
): Promise<void> {
  const { files } = artifact;
  const input = {
    artifactFiles: files.map(({ path, digest }) => ({
      artifactID,
      artifactManifestID,
      md5: digest,
      mimetype: null,
      name: path,
      uploadPartsInput: null,
    })),
    storageLayout: "V2",
    cloudRegionID: null,
    clientMutationId: null,
  };
  interface Created {
    readonly createArtifactFiles?: { readonly files?: { readonly edges?: readonly Edge[] } } | null;
  }
  const { createArtifactFiles } = await service.ask<Created>(signal, filesQuery, { input });
  const edges = createArtifactFiles?.files?.edges ?? [];
  if (edges.length !== files.length) throw refused(artifact);
  for (const [i, { node }] of edges.entries()) await service.put(signal, node, await openAsBlob(files[i]!.localPath));
}

function manifestText({ files }: ArtifactEntry, birthArtifactID: string): string {
  const contents = files.map(({ path, digest, sizeBytes: size, localPath }) => [
    path,
    { digest, size, local_path: localPath, birthArtifactID, skip_cache: false },
  ]);
  return JSON.stringify({
    version: 1,
    storagePolicy: "wandb-storage-policy-v1",
    storagePolicyConfig: { storageLayout: "V2" },
    contents: Object.fromEntries(contents) as object,
  });
}

function refused({ name }: { readonly name: string }): UploadError {
  return new UploadError(`The service has not taken the artifact "${name}": its answer has no place for it.`, { isPermanent: true });
}
