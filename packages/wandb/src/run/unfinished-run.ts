import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Which run in a folder of runs has not come to its end, for `resume: "auto"`. The file is called as the official client's. */
export class UnfinishedRun {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, "wandb-resume.json");
  }

  /** Undefined if the last one has ended well. */
  get runId(): string | undefined {
    if (!existsSync(this.#path)) return undefined;
    try {
      const { run_id: runId } = JSON.parse(readFileSync(this.#path, "utf8")) as { run_id?: unknown };
      return typeof runId === "string" && /^[\w-]{1,128}$/.test(runId) ? runId : undefined;
    } catch {
      return undefined; // torn by a kill
    }
  }

  begin(runId: string): void {
    writeFileSync(this.#path, JSON.stringify({ run_id: runId }));
  }

  /** The run has ended well. That of another one stays. */
  end(runId: string): void {
    if (this.runId === runId) rmSync(this.#path);
  }
}
