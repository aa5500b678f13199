import type { Logger } from "@snapfit/core";

/** Where lines go. */
export interface LineTarget {
  line(text: string, isError: boolean): void;
}

/** Lines of a trainer's logger on their way to a run, which begins after the first of them. */
export class ConsoleLines {
  #waiting: (readonly [text: string, isError: boolean])[] = [];
  #target: LineTarget | undefined;
  #isStopped = false;

  /** A logger that shows lines as the given one does. */
  listenTo(logger: Logger): Logger {
    const listen = (level: keyof Logger) => (message: string) => {
      this.#take(message, level === "error");
      logger[level](message);
    };
    return { debug: listen("debug"), info: listen("info"), warning: listen("warning"), error: listen("error") };
  }

  /** Gives all lines to a target, from the first one on. */
  writeTo(target: LineTarget): void {
    this.#target = target;
    for (const [text, isError] of this.#waiting) target.line(text, isError);
    this.#waiting = [];
  }

  /** Lines are shown only, from now on. */
  stop(): void {
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
