import { SnapfitError } from "@snapfit/base";

/** A record of CSV text: a line, or more where quoted fields hold line breaks. */
export interface CsvRecord {
  readonly fields: readonly string[];
  /** The line, from 1, on which it begins. */
  readonly line: number;
}

const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;

/** Longer records are refused: with a quote that is not closed, the rest of a file would be one. */
const MOST_CHARACTERS = 1 << 24;

/** Takes CSV text apart (RFC 4180) as it comes, in pieces that may end anywhere. All line ends are taken, also mixed. */
export class CsvRecords {
  readonly #delimiter: number;
  readonly #file: string;
  #state: "start" | "plain" | "quoted" | "closed" = "start";
  #field = "";
  #fields: string[] = [];
  #numCharacters = 0;
  #line = 1;
  #recordLine = 1;
  #isAfterReturn = false;

  /** @param delimiter one character. @param file for messages. */
  constructor(delimiter: string, file: string) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#file = file;
  }

  /** The line that is being read. */
  get line(): number {
    return this.#line;
  }

  /** Reads on. @returns the records that end in `text`. @throws SnapfitError `CSV_MALFORMED` */
  push(text: string): CsvRecord[] {
    const records: CsvRecord[] = [];
    const nul = text.indexOf("\0");
    const end = nul < 0 ? text.length : nul;
    for (let at = 0; at < end;) at = this.#state === "quoted" ? this.#readQuoted(text, at, end) : this.#readPlain(text, at, end, records);
    if (nul >= 0) throw this.#malformed(this.#line, "there is a NUL character. The file may be UTF-16: give `encoding`, or it is damaged.");
    return records;
  }

  /** The last record, if it has no line end. @throws SnapfitError `CSV_MALFORMED` */
  end(): CsvRecord[] {
    if (this.#state === "quoted")
      throw this.#malformed(this.#recordLine, "a quoted field has no end. Quotes within a quoted field are written twice.");
    if (this.#fields.length === 0 && this.#state !== "closed" && this.#field.trim() === "") return [];
    const records: CsvRecord[] = [];
    this.#endRecord(records);
    return records;
  }

  #readQuoted(text: string, at: number, end: number): number {
    const found = text.indexOf('"', at);
    const stop = found < 0 || found > end ? end : found;
    const part = text.slice(at, stop);
    this.#append(part);
    this.#line += part.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (this.#isAfterReturn && part[0] === "\n") this.#line--;
    if (part !== "") this.#isAfterReturn = part.endsWith("\r");
    if (stop === end) return end;
    this.#state = "closed";
    this.#isAfterReturn = false;
    return stop + 1;
  }

  /** Reads on outside of quotes: up to the end of a field, a record, or the text. */
  #readPlain(text: string, at: number, end: number, records: CsvRecord[]): number {
    const code = text.charCodeAt(at);
    if (code === NEWLINE && this.#isAfterReturn) {
      this.#isAfterReturn = false;
      return at + 1;
    }
    this.#isAfterReturn = code === RETURN;
    if (code === this.#delimiter) this.#endField();
    else if (code === NEWLINE || code === RETURN) {
      this.#line++;
      this.#endRecord(records);
    } else if (code === QUOTE && this.#state !== "plain") {
      // The second of two quotes stands for one.
      if (this.#state === "closed") this.#append('"');
      this.#state = "quoted";
    } else if (this.#state === "closed")
      throw this.#malformed(
        this.#line,
        `a quoted field goes on with ${JSON.stringify(text[at])} after its end. Quotes within a quoted field are written twice.`,
      );
    else {
      let stop = at + 1;
      while (stop < end && !this.#isEnd(text.charCodeAt(stop))) stop++;
      this.#append(text.slice(at, stop));
      this.#state = "plain";
      return stop;
    }
    return at + 1;
  }

  #isEnd(code: number): boolean {
    return code === this.#delimiter || code === NEWLINE || code === RETURN;
  }

  #append(part: string): void {
    this.#field += part;
    this.#numCharacters += part.length;
    if (this.#numCharacters > MOST_CHARACTERS)
      throw this.#malformed(this.#recordLine, `a record has more than ${MOST_CHARACTERS} characters. A quoted field may have no end.`);
  }

  #endField(): void {
    this.#fields.push(this.#field);
    this.#field = "";
    this.#state = "start";
  }

  #endRecord(records: CsvRecord[]): void {
    this.#endField();
    records.push({ fields: this.#fields, line: this.#recordLine });
    this.#fields = [];
    this.#numCharacters = 0;
    this.#recordLine = this.#line;
  }

  #malformed(line: number, what: string): SnapfitError {
    return new SnapfitError("CSV_MALFORMED", `${this.#file}, line ${line}: ${what}`);
  }
}
