import { bytesOf, numberOf, protoFields, textsOf, type ProtoField } from "./proto-reader.js";

/** A file of an artifact. */
export interface ArtifactFileEntry {
  readonly path: string;
  /** Base64 of the file's MD5. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly localPath: string;
}

/** An artifact as a log tells of it. */
export interface ArtifactEntry {
  readonly type: string;
  readonly name: string;
  readonly digest: string;
  readonly description: string | null;
  /** JSON. */
  readonly metadata: string | null;
  readonly aliases: readonly string[];
  readonly clientId: string;
  readonly sequenceClientId: string;
  readonly files: readonly ArtifactFileEntry[];
}

/** @param fields of an artifact record */
export function readArtifact(fields: readonly ProtoField[]): ArtifactEntry {
  const text = (field: number): string => textsOf(fields, field)[0] ?? "";
  const [manifest] = bytesOf(fields, 12);
  return {
    type: text(4),
    name: text(5),
    digest: text(6),
    description: text(7) || null,
    metadata: text(8) || null,
    aliases: textsOf(fields, 11),
    clientId: text(15),
    sequenceClientId: text(16),
    files: manifest === undefined ? [] : bytesOf(protoFields(manifest), 4).map(readFile),
  };
}

function readFile(bytes: Uint8Array): ArtifactFileEntry {
  const fields = protoFields(bytes);
  const text = (field: number): string => textsOf(fields, field)[0] ?? "";
  return { path: text(1), digest: text(2), sizeBytes: numberOf(fields, 4), localPath: text(6) };
}
