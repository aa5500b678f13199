const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * What Ctrl-C does to the program. One listener serves it from beginning to end: where one is taken away and another put in place, Node loses a signal that
 * comes in between. A fit is stopped by its AbortSignal, and says itself where it stood; all else ends at once, with a line.
 */
export class Interruption {
  readonly #controller = new AbortController();
  #doing = "starting";
  #isFitting = false;

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => this.#receive(signal));
  }

  /** Says what the program does from now on. */
  now(doing: string): void {
    this.#doing = doing;
    this.#isFitting = false;
    const { aborted, reason } = this.#controller.signal;
    if (aborted) this.#end(reason as keyof typeof exitCodes); // it came when the fit had made its last step
  }

  /** The signal for the fit that comes now. */
  nowFitting(): AbortSignal {
    this.#doing = "training";
    this.#isFitting = true;
    return this.#controller.signal;
  }

  #receive(signal: keyof typeof exitCodes): void {
    if (!this.#isFitting || this.#controller.signal.aborted) this.#end(signal);
    process.exitCode = exitCodes[signal];
    this.#controller.abort(signal);
  }

  #end(signal: keyof typeof exitCodes): never {
    if (process.stdout.isTTY) process.stdout.write("\r\u001b[2K"); // a progress bar, or the terminal's ^C
    console.log(`Stopped while ${this.#doing}: ${signal}.`);
    process.exit(exitCodes[signal]);
  }
}
