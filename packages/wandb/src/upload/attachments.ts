import { UploadError } from "@snapfit/logging";
import { existsSync, openAsBlob } from "node:fs";
import { join } from "node:path";
import { uploadArtifact } from "./artifact-upload.js";
import type { Attachment, RunContent } from "./run-content.js";
import { configYaml, metadata, summaryText } from "./run-texts.js";
import { sendAlert, uploadRunFiles, type RunName } from "./run-api.js";
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

type FileAttachment = Extract<Attachment, { readonly kind: "file" }>;

/** Files that are asked for together. */
const BATCH = 50;

/** Brings the files, alerts and artifacts of a run to the service, in the order in which they were logged. */
export class Attachments {
  readonly #plan: AttachmentPlan;
  /** Files that have arrived. */
  readonly #arrived = new Set<string>();
  /** Those of them that the stream has not told yet. */
  #untold: string[] = [];
  /** Those of the files that are being sent together: they are not sent again when another one fails. */
  readonly #sent = new Set<string>();
  /** What an earlier process has sent. */
  readonly #numEarlier: number;

  constructor(plan: AttachmentPlan) {
    this.#plan = plan;
    this.#numEarlier = plan.notes.value.numAttachments;
  }

  /** Names of files that have arrived. The service shows them when the stream has told them. */
  get untold(): readonly string[] {
    return this.#untold;
  }

  /** The first ones are told. */
  told(count: number): void {
    this.#untold = this.#untold.slice(count);
  }

  /** All files of the run that the service has. */
  get all(): readonly string[] {
    const earlier = this.#plan.content.attachments
      .slice(0, this.#numEarlier)
      .filter((each) => each.kind === "file" && existsSync(pathOf(each)));
    return [...new Set([...earlier.map((file) => (file as FileAttachment).path), ...this.#arrived])];
  }

  get isWaiting(): boolean {
    return this.#plan.notes.value.numAttachments < this.#plan.content.attachments.length;
  }

  /** Sends the next one, or some files together. */
  async sendNext(signal: AbortSignal, run: RunName): Promise<void> {
    const { content, notes } = this.#plan;
    const { numAttachments } = notes.value;
    const next = content.attachments[numAttachments]!;
    const files = filesAt(content.attachments, numAttachments);
    if (next.kind === "file") await this.#sendFiles(signal, run, files);
    else await this.#sendOther(signal, run, next);
    this.#sent.clear();
    notes.change({ numAttachments: numAttachments + Math.max(1, files.length) });
  }

  /** Sends what the official client uploads at the end. */
  async sendLast(signal: AbortSignal, run: RunName): Promise<void> {
    const { content } = this.#plan;
    const texts = {
      "wandb-metadata.json": JSON.stringify(metadata(content)),
      "wandb-summary.json": summaryText(content),
      "config.yaml": configYaml(content),
      "output.log": content.consoleText(),
    };
    const files = Object.entries(texts).map(([path, text]) => [path, new TextEncoder().encode(text)] as const);
    await this.#upload(signal, run, new Map(files));
  }

  async #sendFiles(signal: AbortSignal, run: RunName, files: readonly FileAttachment[]): Promise<void> {
    const bodies = new Map<string, Blob>();
    for (const file of files) {
      // One that the user has removed is none of the run any more.
      if (existsSync(pathOf(file))) bodies.set(file.path, await openAsBlob(pathOf(file)));
    }
    const refusal = await this.#refusalOf(this.#upload(signal, run, bodies));
    if (refusal === undefined) return;
    if (files.length === 1) this.#plan.onLeftOut(`file "${files[0]!.path}" is left out: ${refusal}`);
    else for (const file of files) await this.#sendFiles(signal, run, [file]); // the others are wanted
  }

  async #upload(signal: AbortSignal, run: RunName, bodies: ReadonlyMap<string, Uint8Array | Blob>): Promise<void> {
    const left = new Map([...bodies].filter(([path]) => !this.#sent.has(path)));
    if (left.size === 0) return;
    await uploadRunFiles(this.#plan.service, signal, run, left, (path) => {
      this.#sent.add(path);
      this.#arrived.add(path);
      this.#untold.push(path);
    });
  }

  async #sendOther(signal: AbortSignal, run: RunName, attachment: Exclude<Attachment, FileAttachment>): Promise<void> {
    const { service, onLeftOut } = this.#plan;
    if (attachment.kind === "artifact") {
      const { artifact, step } = attachment;
      const refusal = await this.#refusalOf(uploadArtifact(service, signal, run, artifact, step));
      if (refusal !== undefined) onLeftOut(`artifact "${artifact.name}" is left out: ${refusal}`);
      return;
    }
    const { title, text, level, waitMs } = attachment;
    const refusal = await this.#refusalOf(sendAlert(service, signal, run, { title, text, severity: level, waitDuration: waitMs }));
    if (refusal !== undefined) onLeftOut(`alert "${title}" is left out: ${refusal}`);
  }

  /** Why the service does not want something that it has understood. A wrong key is no such reason: it would refuse all. */
  async #refusalOf(task: Promise<void>): Promise<string | undefined> {
    try {
      await task;
      return undefined;
    } catch (error) {
      if (error instanceof UploadError && error.isPermanent && error.status === undefined) return error.message;
      throw error;
    }
  }
}

/** Files that stand together from here on. */
function filesAt(attachments: readonly Attachment[], start: number): FileAttachment[] {
  const files: FileAttachment[] = [];
  for (const each of attachments.slice(start, start + BATCH)) {
    if (each.kind !== "file") break;
    files.push(each);
  }
  return files;
}

function pathOf({ folder, path }: FileAttachment): string {
  return join(folder, path);
}
