import type { Logger } from "@snapfit/core";
import { captureConsole } from "@snapfit/logging/node";

/** Where lines go. */
export interface LineTarget {
  line(text: string, isError: boolean): void;
}

/** Lines of a trainer's logger, and what else the process prints, on their way to a run, which begins after the first of them. */
export class ConsoleLines {
  #waiting: (readonly [text: string, isError: boolean])[] = [];
  #target: LineTarget | undefined;
  #isStopped = false;
  /** Whether the logger is showing a line, which is taken already. */
  #isShowing = false;
  #release: (() => void) | undefined;

  /** A logger that shows lines as the given one does. */
  listenTo(logger: Logger): Logger {
    const listen = (level: keyof Logger) => (message: string) => {
      this.#take(message, level === "error");
      this.#isShowing = true;
      try {
        logger[level](message);
      } finally {
        this.#isShowing = false;
      }
    };
    return { debug: listen("debug"), info: listen("info"), warning: listen("warning"), error: listen("error") };
  }

  /** Gives all lines of the logger to a target, from the first one on, and what the process prints from now on. */
  writeTo(target: LineTarget): void {
    this.#target = target;
    for (const [text, isError] of this.#waiting) target.line(text, isError);
    this.#waiting = [];
    this.#release = captureConsole(({ stream, text }) => {
      if (!this.#isShowing) this.#take(text, stream === "stderr");
    });
  }

  /** Lines are shown only, from now on. */
  stop(): void {
    this.#release?.(); // gives the line that is open
    this.#isStopped = true;
    this.#waiting = [];
  }

  /** A logger that fails must not fail those who log. */
  #take(text: string, isError: boolean): void {
    if (this.#isStopped) return;
    if (this.#target === undefined) return void this.#waiting.push([text, isError]);
    try {
      this.#target.line(text, isError);
    } catch {
      // The disk is full, or gone: the next row says so.
    }
  }
}
