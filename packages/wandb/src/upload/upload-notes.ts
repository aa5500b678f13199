import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { LineCounts } from "./run-content.js";

/** What a new process must know of the upload before it, since the service does not tell. */
export interface Notes {
  /** Lines that the service had before the first one of these logs. */
  readonly base: LineCounts;
  /** Rows up to this step the service has from elsewhere. */
  readonly afterStep: number;
  /** Files, alerts and artifacts that have arrived, or were refused. */
  readonly numAttachments: number;
}

/** Notes in a file beside the logs. */
export class UploadNotes {
  readonly #path: string;
  /** Whether an upload before this one has left its notes. */
  readonly hasEarlier: boolean;
  #notes: Notes = { base: { "wandb-history.jsonl": 0, "wandb-events.jsonl": 0, "output.log": 0 }, afterStep: -1, numAttachments: 0 };

  constructor(path: string) {
    this.#path = path;
    this.hasEarlier = existsSync(path);
    if (!this.hasEarlier) return;
    try {
      this.#notes = { ...this.#notes, ...(JSON.parse(readFileSync(path, "utf8")) as Notes) };
    } catch {
      // torn by a kill: attachments go once more
    }
  }

  get value(): Notes {
    return this.#notes;
  }

  change(notes: Partial<Notes>): void {
    this.#notes = { ...this.#notes, ...notes };
    writeFileSync(this.#path, JSON.stringify(this.#notes));
  }
}
