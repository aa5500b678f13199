import type { Logger } from "@snapfit/core";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunLog } from "./run/run-log.js";
import { startUpload, type UploadHandle } from "./upload/start-upload.js";
import type { UploadNews } from "./upload/upload-job.js";
import type { ResolvedSettings } from "./wandb-options.js";

/** As often as the official client. */
const EVERY_MS = 15_000;
const RETRY_MS = 2000;

/** What the upload of a run has to do with its trainer. */
export interface OnlineRunPlan {
  readonly run: RunLog;
  /** The folder `wandb`. */
  readonly folder: string;
  readonly settings: ResolvedSettings & { readonly apiKey: string };
  readonly logger: Logger;
  /** Ends the training in order. */
  stop(reason: string): void;
}

/** The upload of a run while it goes on. */
export class OnlineRun {
  readonly #plan: OnlineRunPlan;
  #upload: UploadHandle;
  #url: string | null = null;

  constructor(plan: OnlineRunPlan) {
    this.#plan = plan;
    this.#upload = this.#start();
  }

  /** The page of the run; null before the service has answered. */
  get url(): string | null {
    return this.#url;
  }

  /** The run is another one now: what the old one has is sent while the new one goes on. */
  async branch(): Promise<void> {
    const earlier = this.#upload;
    this.#url = null;
    this.#upload = this.#start();
    await earlier.finish(this.#plan.settings.closeTimeoutMs);
  }

  /** Sends the rest of the log, which has ended. Waits for the service as long as the settings allow. */
  async close(): Promise<void> {
    const { run, logger, settings } = this.#plan;
    const end = await this.#upload.finish(settings.closeTimeoutMs);
    if (end !== "complete") {
      const why = end === "late" ? `not all was uploaded within ${settings.closeTimeoutMs / 1000} s` : "the upload was refused";
      logger.warning(`W&B: ${why}. The log is whole. Upload the rest with: ${this.#command}`);
      return;
    }
    for (const { logPath } of run.fragments) writeFileSync(`${logPath}.synced`, ""); // the official client's mark
    logger.info(`W&B: run ${run.runId} is uploaded: ${this.#url}`);
  }

  /** What brings the rest. `wandb sync` begins anew: it is for a run that the service has nothing of. */
  get #command(): string {
    const { run, folder } = this.#plan;
    if (!existsSync(this.#notesPath)) return run.syncCommand;
    return `node -e 'import("@snapfit/wandb").then(({ uploadRun }) => uploadRun(${JSON.stringify(folder)}))'`;
  }

  /** A file that is there once the service has the run. */
  get #notesPath(): string {
    return join(this.#plan.folder, `snapfit.upload-${this.#plan.run.runId}.json`);
  }

  #start(): UploadHandle {
    const { run, settings } = this.#plan;
    const { baseUrl, apiKey, resume } = settings;
    const { runId } = run;
    return startUpload(
      {
        address: { baseUrl, apiKey },
        parts: run.fragments.map(({ logPath, filesPath }) => ({ logPath, filesPath })),
        notesPath: this.#notesPath,
        resume,
        everyMs: EVERY_MS,
        retryMs: RETRY_MS,
      },
      (news) => this.#hear(news, runId),
    );
  }

  #hear(news: UploadNews, runId: string): void {
    const { run, logger, settings, stop } = this.#plan;
    switch (news.kind) {
      case "started":
        if (runId !== run.runId) return;
        this.#url = `${settings.baseUrl.replace("//api.", "//")}/${news.entity}/${news.project}/runs/${runId}`;
        return logger.info(`W&B: ${this.#url}`);
      case "stopped":
        return stop("stopped on the page of the run");
      case "trouble":
        return logger.warning(
          news.isPermanent
            ? `W&B: ${news.message} The upload has ended; the log goes on. Upload it with: ${this.#command}`
            : `W&B: ${news.message} It is tried again; the log has all rows.`,
        );
      case "leftOut":
        return logger.warning(`W&B: the service does not get all of the log: ${news.message}`);
      case "recovered":
        return logger.info("W&B: the upload goes on.");
      case "ended":
        return;
    }
  }
}
