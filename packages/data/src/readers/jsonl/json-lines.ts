import { SnapfitError } from "@snapfit/base";

/** Longer lines are refused: they are no lines. */
const MOST_CHARACTERS = 1 << 26;

/** Reads JSON Lines that come in pieces, which may end anywhere. */
export class JsonLines {
  readonly #file: string;
  /** The beginning of a line whose end has not come yet. */
  #rest = "";
  #line = 1;

  /** @param file for messages. */
  constructor(file: string) {
    this.#file = file;
  }

  /** The line that is being read. */
  get line(): number {
    return this.#line;
  }

  /** @returns the values whose lines end in `text`. @throws SnapfitError `JSONL_MALFORMED` */
  push(text: string): unknown[] {
    const lines = text.split("\n");
    const last = lines.pop()!;
    const values: unknown[] = [];
    for (const line of lines) {
      this.#read(this.#rest + line, values);
      this.#rest = "";
      this.#line++;
    }
    this.#rest += last;
    if (this.#rest.length > MOST_CHARACTERS) throw this.#malformed(`there are more than ${MOST_CHARACTERS} characters without a line end`);
    return values;
  }

  /** The value of the last line, if it has no line end. @throws SnapfitError `JSONL_MALFORMED` */
  end(): unknown[] {
    const values: unknown[] = [];
    this.#read(this.#rest, values);
    return values;
  }

  #read(line: string, values: unknown[]): void {
    if (line.trim() === "") return;
    try {
      values.push(JSON.parse(line));
    } catch (cause) {
      throw this.#malformed(`${JSON.stringify(line.slice(0, 60))} is not JSON (${(cause as Error).message})`, cause);
    }
  }

  #malformed(what: string, cause?: unknown): SnapfitError {
    const options = cause === undefined ? undefined : { cause };
    return new SnapfitError(
      "JSONL_MALFORMED",
      `${this.#file}, line ${this.#line}: ${what}. Each line holds one value. Correct the line.`,
      options,
    );
  }
}
