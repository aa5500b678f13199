import { AppendFile } from "@snapfit/logging/node";
import type { Logger } from "@snapfit/core";

const levels = ["debug", "info", "warning", "error"] as const satisfies readonly (keyof Logger)[];

/** Lines for people, also in a file: `2026-11-21 15:04:05,678 - INFO - message`. Lines from before it is opened are kept for it. */
export class TrainingLog implements Logger {
  readonly #console: Logger;
  #waiting: string[] = [];
  #file: AppendFile | undefined;
  #isClosed = false;
  #hasFailed = false;

  /** @param console where the lines go besides, as they are */
  constructor(console: Logger) {
    this.#console = console;
  }

  debug(message: string): void {
    this.#line("debug", message);
  }
  info(message: string): void {
    this.#line("info", message);
  }
  warning(message: string): void {
    this.#line("warning", message);
  }
  error(message: string): void {
    this.#line("error", message);
  }

  /** @throws SnapfitError with a code of storages */
  open(path: string): void {
    this.#file ??= new AppendFile(path);
    for (const line of this.#waiting.splice(0)) this.#append(line);
  }

  close(): void {
    this.#isClosed = true;
    this.#file?.close();
    this.#file = undefined;
  }

  #line(level: (typeof levels)[number], message: string): void {
    this.#console[level](message);
    if (this.#isClosed) return;
    const line = `${timeText(new Date())} - ${level.toUpperCase()} - ${message}\n`;
    if (this.#file === undefined) this.#waiting.push(line);
    else this.#append(line);
  }

  #append(line: string): void {
    try {
      this.#file!.append(Buffer.from(line));
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      this.#console.warning(`A line is missing in the log: ${(error as Error).message} Further failures are not shown.`);
    }
  }
}

/** Whether an option is a logger: what is none is refused by the core. */
export function isLogger(value: unknown): value is Logger {
  return levels.every((level) => typeof (value as Partial<Logger> | null)?.[level] === "function");
}

/** Local time, as Python's logging writes it. */
function timeText(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())},${String(date.getMilliseconds()).padStart(3, "0")}`;
}
