import { open } from "node:fs/promises";
import type { Access, ServerRequest } from "./access.js";

const BASE = "/api/leaderboard/v1/attributes/storage/file/upload";

/** A file on its way to an attribute of a run. */
export interface FileUpload {
  readonly path: string;
  readonly runId: string;
  readonly attribute: string;
  readonly ext: string;
}

/** Brings a file to a server: in one request, or a large one in parts. @returns what the server says against it @throws UploadError, and errors of the disk */
export async function uploadFile(
  access: Access,
  { path, runId, attribute, ext }: FileUpload,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { maxSinglePartBytes, minChunkBytes, maxChunks } = await access.facts(signal);
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const where = { experimentIdentifier: runId, attribute };
    const post = async (step: string, query: ServerRequest["query"], rest: Partial<ServerRequest> = {}): Promise<UploadReply> =>
      ((await access.request({ method: "POST", path: `${BASE}${step}`, query: { ...where, ...query }, ...rest }, signal)) ??
        {}) as UploadReply;
    const part = async (from: number, to: number): Promise<Buffer> => {
      const body = Buffer.alloc(to - from);
      await file.read(body, 0, body.length, from);
      return body;
    };
    if (size <= maxSinglePartBytes) return errorsOf(await post("", { ext }, { body: await part(0, size) }));
    const started = await post("/start", { ext, totalLength: size });
    const uploadId = String(started.uploadId);
    const chunkBytes = Math.max(minChunkBytes, Math.ceil(size / maxChunks));
    const errors = [...errorsOf(started)];
    for (let from = 0, index = 0; from < size; from += chunkBytes, index++) {
      const to = Math.min(size, from + chunkBytes);
      const headers = { "x-range": `bytes=${from}-${to - 1}/${size}` };
      errors.push(...errorsOf(await post("/part", { uploadId, uploadPartIdx: index }, { body: await part(from, to), headers })));
    }
    return [...errors, ...errorsOf(await post("/finish", { uploadId }))];
  } finally {
    await file.close();
  }
}

interface UploadReply {
  readonly uploadId?: string;
  readonly errors?: readonly { readonly errorDescription: string }[];
}

function errorsOf({ errors = [] }: UploadReply): string[] {
  return errors.map(({ errorDescription }) => errorDescription);
}
