import type { UploadEnd } from "@snapfit/logging";
import type { RunLog } from "../run/run-log.js";
import type { ApiToken } from "./api-token.js";
import type { RunningUpload } from "./start-upload.js";
import { uploadInThread } from "./worker-upload.js";

/** How long a run that has ended waits for a server. */
const FINISH_MS = 30_000;

/** What uploads are begun with. */
export interface RunUploadsPlan {
  readonly run: RunLog;
  readonly token: ApiToken;
  readonly project: string;
  /** How what is missing on the server gets there by hand. */
  readonly syncCommand: string;
  info(line: string): void;
  warn(line: string): void;
}

/** The uploads of a run: one, and a further one for each branch. */
export class RunUploads {
  readonly #plan: RunUploadsPlan;
  readonly #running: RunningUpload[] = [];
  readonly #refusals = new Set<string>();
  #url: string | undefined;

  constructor(plan: RunUploadsPlan) {
    this.#plan = plan;
    this.begin();
  }

  /** Page of the run; undefined until the server knows it. */
  get url(): string | undefined {
    return this.#url;
  }

  /** Uploads what the run is now. */
  begin(): void {
    const { run, token, project, info, warn, syncCommand } = this.#plan;
    const { directory } = run;
    const { runId, isOnServer } = directory;
    this.#running.push(
      uploadInThread(
        { token, project, runId, isOnServer },
        {
          onRun: async ({ id, name, url }) => {
            const path = await run.adopt(directory, id);
            this.#url = url;
            info(`Neptune: run ${name} at ${url}`);
            return path;
          },
          onRefusal: (message) => this.#warnOnce(message),
          onTrouble: (message, isFinal) => {
            if (message === undefined) info("Neptune: the server takes the run again.");
            else if (isFinal) warn(`Neptune: ${message}. Nothing is uploaded any more. The log is complete: ${syncCommand}`);
            else warn(`Neptune: ${message}. It is tried again; the log is complete.`);
          },
        },
      ),
    );
  }

  /** Waits for the server, but not for long. The log has to be closed. */
  async finish(): Promise<void> {
    const { info, warn, syncCommand } = this.#plan;
    const ends: UploadEnd[] = await Promise.all(this.#running.map((upload) => upload.finish(FINISH_MS)));
    if (ends.includes("late"))
      warn(`Neptune: the server has not taken the whole run within ${FINISH_MS / 1000} s. Upload the rest with: ${syncCommand}`);
    else if (!ends.includes("refused")) info(`Neptune: the server has the whole run: ${this.#url}`);
  }

  #warnOnce(message: string): void {
    if (this.#refusals.has(message)) return;
    this.#refusals.add(message);
    this.#plan.warn(`Neptune: the server has refused a value: ${message}`);
  }
}
