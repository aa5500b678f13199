import { UploadError } from "@snapfit/logging";
import { existsSync, openAsBlob } from "node:fs";
import { join } from "node:path";
import { uploadArtifact } from "./artifact-upload.js";
import type { Attachment, RunContent } from "./run-content.js";
import { configYaml, metadata, summaryText } from "./run-texts.js";
import { sendAlert, uploadRunFile, type RunName } from "./run-api.js";
import type { Service } from "./service.js";
import type { UploadNotes } from "./upload-notes.js";

/** Where attachments come from, and go to. */
export interface AttachmentPlan {
  readonly service: Service;
  readonly content: RunContent;
  readonly notes: UploadNotes;
  /** The service has refused one for good. */
  onLeftOut(message: string): void;
}

/** Brings the files, alerts and artifacts of a run to the service, in the order in which they were logged. */
export class Attachments {
  readonly #plan: AttachmentPlan;
  /** Files that have arrived, which the stream has not told yet. */
  #untold: string[] = [];
  /** Those of the end that have arrived. */
  readonly #last = new Set<string>();

  constructor(plan: AttachmentPlan) {
    this.#plan = plan;
  }

  /** Names of files that have arrived. The service shows them when the stream has told them. */
  get untold(): readonly string[] {
    return this.#untold;
  }

  /** The first ones are told. */
  told(count: number): void {
    this.#untold = this.#untold.slice(count);
  }

  /** All files of the run that are there. */
  get all(): readonly string[] {
    const logged = this.#plan.content.attachments.filter((each) => each.kind === "file").map(({ path }) => path);
    return [...new Set([...logged, ...this.#last])];
  }

  get isWaiting(): boolean {
    return this.#plan.notes.value.numAttachments < this.#plan.content.attachments.length;
  }

  /** Sends what waits. */
  async send(signal: AbortSignal, run: RunName): Promise<void> {
    const { content, notes } = this.#plan;
    while (this.isWaiting) {
      const { numAttachments } = notes.value;
      await this.#sendOne(signal, run, content.attachments[numAttachments]!);
      notes.change({ numAttachments: numAttachments + 1 });
    }
  }

  /** Sends what the official client uploads at the end. */
  async sendLast(signal: AbortSignal, run: RunName): Promise<void> {
    const { content, service } = this.#plan;
    const texts: Readonly<Record<string, () => string>> = {
      "wandb-metadata.json": () => JSON.stringify(metadata(content)),
      "wandb-summary.json": () => summaryText(content),
      "config.yaml": () => configYaml(content),
      "output.log": () => content.consoleText(),
    };
    for (const [path, text] of Object.entries(texts)) {
      if (this.#last.has(path)) continue; // what has arrived is not sent again when a later one fails
      await uploadRunFile(service, signal, run, path, new TextEncoder().encode(text()));
      this.#last.add(path);
    }
  }

  async #sendOne(signal: AbortSignal, run: RunName, attachment: Attachment): Promise<void> {
    try {
      await this.#deliver(signal, run, attachment);
    } catch (error) {
      // Only what the service has understood and does not want: a wrong key would refuse all.
      const isUnwanted = error instanceof UploadError && error.isPermanent && error.status === undefined;
      if (!isUnwanted) throw error;
      this.#plan.onLeftOut(`${nameOf(attachment)} is left out: ${error.message}`);
    }
  }

  async #deliver(signal: AbortSignal, run: RunName, attachment: Attachment): Promise<void> {
    const { service } = this.#plan;
    switch (attachment.kind) {
      case "alert": {
        const { title, text, level, waitMs } = attachment;
        return sendAlert(service, signal, run, { title, text, severity: level, waitDuration: waitMs });
      }
      case "artifact":
        return uploadArtifact(service, signal, run, attachment.artifact, attachment.step);
      case "file": {
        const source = join(attachment.folder, attachment.path);
        if (!existsSync(source)) return; // one that the user has removed is none of the run any more
        await uploadRunFile(service, signal, run, attachment.path, await openAsBlob(source));
        this.#untold.push(attachment.path);
      }
    }
  }
}

function nameOf(attachment: Attachment): string {
  switch (attachment.kind) {
    case "alert":
      return `alert "${attachment.title}"`;
    case "artifact":
      return `artifact "${attachment.artifact.name}"`;
    case "file":
      return `file "${attachment.path}"`;
  }
}
