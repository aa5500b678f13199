import { Uploader, type UploadEnd } from "@snapfit/logging";
import { Access } from "./access.js";
import type { ApiToken } from "./api-token.js";
import { RunUpload, type ServerRun } from "./run-upload.js";

/** What is uploaded, and where to. */
export interface UploadSettings {
  readonly token: ApiToken;
  /** `workspace/name`. */
  readonly project: string;
  readonly runId: string;
  /** Where the server knows the run by this id. */
  readonly isOnServer: boolean;
}

/** Who is told of an upload. */
export interface UploadEvents {
  /** The run is known to the server. @returns the directory that is uploaded from now on */
  onRun(run: ServerRun): Promise<string>;
  /** The server has refused single operations or files. */
  onRefusal(message: string): void;
  /** The first failure after a success; undefined for the first success after one. @param isFinal whether nothing is tried any more */
  onTrouble(message: string | undefined, isFinal: boolean): void;
}

/** An upload that runs. */
export interface RunningUpload {
  /** Waits until the server has all that is in the log by now, or the time is over. Nothing is sent after that. */
  finish(deadlineMs: number): Promise<UploadEnd>;
}

const IDLE_MS = 1000;
const policy = { firstMs: 1000, capMs: 30_000, jitter: 0.25 };

/** Begins an upload in this thread. */
export function startUpload({ token, project, runId, isOnServer }: UploadSettings, events: UploadEvents): RunningUpload {
  const serverId = isOnServer ? runId : undefined;
  const source = new RunUpload({ access: new Access(token), project, runId, serverId, onRun: events.onRun, onRefusal: events.onRefusal });
  const uploader = new Uploader(source, {
    policy,
    idleMs: IDLE_MS,
    onTrouble: (error) => events.onTrouble(error?.message, error?.isPermanent ?? false),
  });
  return {
    async finish(deadlineMs) {
      const end = await uploader.finish(deadlineMs);
      source.close();
      return end;
    },
  };
}
