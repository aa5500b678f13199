import { Uploader, type UploadEnd } from "@snapfit/logging";
import { existsSync } from "node:fs";
import { LogReader } from "../log/log-reader.js";
import type { ResumeMode } from "../wandb-options.js";
import { RunContent } from "./run-content.js";
import { RunUpload } from "./run-upload.js";
import { Service, type ServiceAddress } from "./service.js";

/** What an upload is told to do; plain data, for a thread of its own. */
export interface UploadJob {
  readonly address: ServiceAddress;
  /** The logs of the run, oldest first. */
  readonly parts: readonly { readonly logPath: string; readonly filesPath: string }[];
  readonly notesPath: string;
  readonly resume: ResumeMode | undefined;
  /** How often it looks for new rows. */
  readonly everyMs: number;
  /** Before the second try of what has failed. */
  readonly retryMs: number;
}

/** What an upload tells. */
export type UploadNews =
  | { readonly kind: "started"; readonly entity: string; readonly project: string }
  | { readonly kind: "stopped" }
  | { readonly kind: "trouble"; readonly message: string; readonly isPermanent: boolean }
  | { readonly kind: "leftOut"; readonly message: string }
  | { readonly kind: "recovered" }
  | { readonly kind: "ended"; readonly end: UploadEnd };

const HEARTBEAT_MS = 30_000;

/** An upload in this thread. */
export class RunningUpload {
  readonly #uploader: Uploader;
  readonly #readers: readonly LogReader[];
  readonly #tell: (news: UploadNews) => void;

  /** Begins at once. */
  constructor({ address, parts, notesPath, resume, everyMs, retryMs }: UploadJob, tell: (news: UploadNews) => void) {
    this.#tell = tell;
    this.#readers = parts.map(({ logPath }) => new LogReader(logPath));
    const content = new RunContent(parts.map(({ filesPath }, i) => ({ filesPath, reader: this.#readers[i]! })));
    const upload = new RunUpload(new Service(address), content, {
      resume,
      notesPath,
      isSynced: existsSync(`${parts[0]!.logPath}.synced`),
      heartbeatMs: HEARTBEAT_MS,
      onStarted: ({ entity, project }) => tell({ kind: "started", entity, project }),
      onStopped: () => tell({ kind: "stopped" }),
      onLeftOut: (message) => tell({ kind: "leftOut", message }),
    });
    this.#uploader = new Uploader(upload, {
      policy: { firstMs: retryMs, capMs: 60_000, jitter: 0.25 },
      idleMs: everyMs,
      onTrouble: (error) =>
        tell(error === undefined ? { kind: "recovered" } : { kind: "trouble", message: error.message, isPermanent: error.isPermanent }),
    });
  }

  /** Sends the rest, for a while at most, and tells how it has ended. */
  async finish(deadlineMs: number): Promise<void> {
    const end = await this.#uploader.finish(deadlineMs);
    for (const reader of this.#readers) reader.close();
    this.#tell({ kind: "ended", end });
  }
}
