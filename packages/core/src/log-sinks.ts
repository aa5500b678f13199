import { isPromise } from "./awaitable.js";
import type { TrainerConsole } from "./console/trainer-console.js";
import type { LogRecord, LogSink, RunInfo } from "./log-record.js";

/** All sinks of a trainer. Each call reaches each sink in isolation; the first error of each is reported, once. */
export class LogSinks {
  readonly #sinks: LogSink[] = [];
  readonly #failed = new Set<LogSink>();
  readonly #unwanted = new Map<LogSink, Map<string, number>>();
  readonly #console: TrainerConsole;

  constructor(console: TrainerConsole) {
    this.#console = console;
  }

  get isEmpty(): boolean {
    return this.#sinks.length === 0;
  }

  add(sink: LogSink): void {
    this.#sinks.push(sink);
  }

  async open(run: RunInfo): Promise<void> {
    await this.#each((sink) => sink.open?.(run));
  }

  async write(record: LogRecord): Promise<void> {
    await this.#each((sink) => {
      if (sink.kinds === undefined || sink.kinds.includes(record.kind)) return sink.write(record);
      this.#countUnwanted(sink, record.kind);
    });
  }

  async flush(): Promise<void> {
    await this.#each((sink) => sink.flush?.());
  }

  /** Names, once a sink and kind, what a sink does not take. */
  #countUnwanted(sink: LogSink, kind: string): void {
    const counts = this.#unwanted.get(sink) ?? new Map<string, number>();
    this.#unwanted.set(sink, counts.set(kind, (counts.get(kind) ?? 0) + 1));
    if (counts.get(kind) === 1 && kind !== "config" && kind !== "summary")
      this.#console.warning(`Logger "${sink.name}" does not take ${kind} records; they go to the other loggers only.`);
  }

  async #each(call: (sink: LogSink) => unknown): Promise<void> {
    for (const sink of this.#sinks) {
      try {
        const result = call(sink);
        if (isPromise(result)) await result;
      } catch (error) {
        if (this.#failed.has(sink)) continue;
        this.#failed.add(sink);
        this.#console.error(
          `Logger "${sink.name}" failed: ${error instanceof Error ? error.message : String(error)}. Training goes on; further failures of it are not shown.`,
        );
      }
    }
  }
}
