import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { KernelUse } from "./select-engine.js";
import { Unavailable } from "./unavailable.js";

/** A line to a worker: time some steps, give losses from the common start values, or profile some steps. */
export type Request = { readonly steps: number } | { readonly check: number } | { readonly profile: number };

/** A worker's line: `ready` or `unavailable` after its first step, then one answer to each request. Lines of other kinds are passed over. */
export interface Reply {
  readonly ready?: true;
  readonly note?: string | undefined;
  readonly unavailable?: string;
  readonly times?: number[];
  readonly losses?: number[];
  readonly profile?: KernelUse[];
  /** PyTorch's fastest way of running a case. */
  readonly variant?: string[];
}

/** One engine on one case, in a process that stays open and trains a few steps whenever it is asked. */
export class WorkerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = [];
  #ended: Error | undefined;
  #stderr = "";

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr = (this.#stderr + text).slice(-4000)));
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) this.#waiting.shift()?.resolve(JSON.parse(line) as Reply);
    });
    // A process that is gone is told by `close`.
    this.#child.stdin.on("error", () => undefined);
    this.#child.once("error", (error) => this.#end(error.message));
    this.#child.once("close", (code, signal) => this.#end(`It ended with ${signal ?? code}. ${this.#lastWords()}`));
  }

  /** The next line that the process says. @throws Unavailable if it ends or says that it cannot run. */
  async reply(): Promise<Reply> {
    if (this.#ended !== undefined) throw this.#ended;
    const reply = await new Promise<Reply>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    if (reply.unavailable !== undefined) throw new Unavailable(reply.unavailable);
    return reply;
  }

  ask(request: Request): Promise<Reply> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.reply();
  }

  /** Largest resident memory so far; undefined where the system does not tell it of another process. */
  peakMegabytes(): number | undefined {
    const file = `/proc/${this.#child.pid}/status`;
    const [, kilobytes] = (existsSync(file) && /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(file, "utf8"))) || [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1000;
  }

  close(): void {
    this.#child.kill();
  }

  #end(reason: string): void {
    this.#ended ??= new Unavailable(reason);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }

  #lastWords(): string {
    const lines = this.#stderr.trim().split("\n");
    return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? "").trim();
  }
}
