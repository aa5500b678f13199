/** An artifact as the server has it. */
export interface StoredArtifact {
  readonly id: string;
  /** Variables of the request that has made it. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Bytes by the file's name; `wandb_manifest.json` is the manifest. */
  readonly files: Record<string, Buffer>;
  isCommitted: boolean;
}

/** The part of the server that takes artifacts: make, describe, bring the files, commit. */
export class ArtifactStore {
  readonly artifacts: StoredArtifact[] = [];
  readonly #url: () => string;

  /** @param url of the server */
  constructor(url: () => string) {
    this.#url = url;
  }

  /** Undefined for what is no request of an artifact. */
  answer(operation: string, variables: Readonly<Record<string, unknown>>): unknown {
    const input = (variables["input"] ?? {}) as Readonly<Record<string, unknown>>;
    switch (operation) {
      case "ArtifactType":
        return { project: { artifact: null } };
      case "CreateArtifact":
        return { createArtifact: { artifact: this.#create(input) } };
      case "CreateArtifactManifest":
        return { createArtifactManifest: { artifactManifest: this.#manifest(variables) } };
      case "CreateArtifactFiles":
        return { createArtifactFiles: { files: { edges: this.#files(input).map((node) => ({ node })) } } };
      case "CommitArtifact":
        return { commitArtifact: { artifact: this.#commit(String(variables["artifactID"])) } };
      default:
        return undefined;
    }
  }

  /** @returns whether the address is that of an artifact's file */
  put(path: string, bytes: Buffer): boolean {
    const [, id, name] = /^\/artifact\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (id === undefined) return false;
    this.#of(id).files[decodeURIComponent(name!)] = bytes;
    return true;
  }

  #create(variables: Readonly<Record<string, unknown>>): unknown {
    const isSame = (artifact: StoredArtifact): boolean =>
      ["digest", "artifactCollectionName"].every((name) => artifact.variables[name] === variables[name]);
    let artifact = this.artifacts.find(isSame);
    if (artifact === undefined)
      this.artifacts.push((artifact = { id: `artifact${this.artifacts.length}`, variables, files: {}, isCommitted: false }));
    const state = artifact.isCommitted ? "COMMITTED" : "PENDING";
    return { id: artifact.id, state, digest: variables["digest"], artifactSequence: { id: "s", latestArtifact: null } };
  }

  #manifest({ artifactID, includeUpload }: Readonly<Record<string, unknown>>): unknown {
    const file = { id: "f", uploadUrl: this.#urlOf(String(artifactID), "wandb_manifest.json"), uploadHeaders: [] };
    return { id: `manifest-${String(artifactID)}`, file: includeUpload === true ? file : null };
  }

  #files({ artifactFiles }: Readonly<Record<string, unknown>>): unknown[] {
    return (artifactFiles as readonly { artifactID: string; name: string }[]).map(({ artifactID, name }, i) => ({
      id: `file${i}`,
      name,
      displayName: name,
      uploadUrl: this.#urlOf(artifactID, name),
      uploadHeaders: ["x-test:1"],
      uploadMultipartUrls: null,
      storagePath: `wandb_artifacts/${name}`,
      artifact: { id: artifactID },
    }));
  }

  #commit(id: string): unknown {
    const artifact = this.#of(id);
    artifact.isCommitted = true;
    return { id, digest: artifact.variables["digest"] };
  }

  #of(id: string): StoredArtifact {
    return this.artifacts.find((artifact) => artifact.id === id)!;
  }

  #urlOf(id: string, name: string): string {
    return `${this.#url()}/artifact/${id}/${encodeURIComponent(name)}`;
  }
}
