import { consoleLogger, type Logger } from "./logger.js";
import { progressLine, type ProgressState } from "./progress-bar.js";

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** `quiet`: warnings and errors only. `silent`: ranks other than 0, which would say what rank 0 says. */
export type Volume = "all" | "quiet" | "silent";

const DRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 5000;

/** All that a trainer says to a person: lines through the logger, and one progress bar that is gone when its phase ends. */
export class TrainerConsole {
  readonly #logger: Logger;
  readonly #volume: Volume;
  readonly #terminal: Terminal | undefined;
  readonly #said = new Set<string>();
  #isBarDrawn = false;
  #nextDrawMs = 0;

  constructor(logger: Logger | undefined, volume: Volume) {
    this.#logger = logger ?? consoleLogger;
    this.#volume = volume;
    const { stdout, env } = (globalThis as { process?: { stdout?: Terminal; env: Record<string, string | undefined> } }).process ?? {};
    this.#terminal = stdout?.isTTY === true && !env?.["CI"] ? stdout : undefined;
  }

  debug(message: string): void {
    if (this.#volume === "all") this.#say("debug", message);
  }

  info(message: string): void {
    if (this.#volume === "all") this.#say("info", message);
  }

  warning(message: string): void {
    this.#say("warning", message);
  }

  error(message: string): void {
    this.#say("error", message);
  }

  /** A line that is said the first time only. */
  once(level: keyof Logger, message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this[level](message);
  }

  /** A phase begins: what was said of the last one no longer delays the first line of this one. */
  beginProgress(): void {
    this.#nextDrawMs = performance.now() + (this.#terminal ? 0 : LINE_EVERY_MS);
  }

  /** Whether it is time to show progress again; cheap enough to ask after every batch. */
  get isProgressDue(): boolean {
    return this.#volume === "all" && performance.now() >= this.#nextDrawMs;
  }

  /** Draws the bar on a terminal; elsewhere, and with `CI` set, prints a plain line every few seconds. */
  showProgress(state: ProgressState): void {
    this.#nextDrawMs = performance.now() + (this.#terminal ? DRAW_EVERY_MS : LINE_EVERY_MS);
    if (!this.#terminal) return this.#logger.info(progressLine(state, 160));
    this.#terminal.write(`\r\u001b[2K${progressLine(state, (this.#terminal.columns ?? 80) - 1)}`);
    this.#isBarDrawn = true;
  }

  /** Removes the bar. */
  clearProgress(): void {
    if (!this.#isBarDrawn) return;
    this.#terminal?.write("\r\u001b[2K");
    this.#isBarDrawn = false;
  }

  #say(level: keyof Logger, message: string): void {
    if (this.#volume === "silent") return;
    this.clearProgress();
    this.#logger[level](message);
  }
}
