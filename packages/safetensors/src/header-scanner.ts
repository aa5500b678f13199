import { MAX_DIMENSIONS } from "./tensor-size.js";
import { quoted, safetensorsError } from "./safetensors-error.js";

/** What a header says of a tensor, as it stands there. Integers beyond 2^53 are rounded. */
export interface ScannedEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const INTEGER = /0|[1-9][0-9]*/y;
const WHITESPACE = /[ \t\n\r]*/y;

/**
 * Reads the JSON of a header. The form is fixed, so nothing recurses, keys cannot repeat, and numbers are plain integers;
 * `JSON.parse` would take the last of two equal keys in silence.
 */
export class HeaderScanner {
  readonly metadata: Map<string, string> = new Map();
  readonly entries: Map<string, ScannedEntry> = new Map();
  readonly #text: string;
  #at = 0;

  /** @throws SnapfitError `HEADER_INVALID` or `DUPLICATE_KEY`. */
  constructor(text: string) {
    this.#text = text;
    if (text[0] !== "{") this.#refuse("{");
    let hasMetadata = false;
    const isTaken = (key: string): boolean => (key === "__metadata__" ? hasMetadata : this.entries.has(key));
    this.#object(isTaken, (key) => {
      if (key !== "__metadata__") return void this.entries.set(key, this.#entry(key));
      hasMetadata = true;
      this.#object(
        (name) => this.metadata.has(name),
        (name) => void this.metadata.set(name, this.#string()),
      );
    });
    if (this.#at < text.length) this.#refuse("the end");
  }

  #entry(name: string): ScannedEntry {
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    const isTaken = (field: string): boolean =>
      (field === "dtype" ? dtype : field === "shape" ? shape : field === "data_offsets" ? offsets : undefined) !== undefined;
    this.#object(isTaken, (field) => {
      if (field === "dtype") dtype = this.#string();
      else if (field === "shape") shape = this.#integers();
      else if (field === "data_offsets") offsets = this.#integers();
      else throw invalid(`Tensor ${quoted(name)} has a field ${quoted(field)}`, "dtype, shape and data_offsets");
    });
    const [begin, end] = offsets ?? [];
    if (dtype === undefined || shape === undefined || begin === undefined || end === undefined || offsets!.length > 2)
      throw invalid(`Tensor ${quoted(name)} lacks a field`, "dtype, shape and two data_offsets");
    return { dtype, shape, begin, end };
  }

  /** Calls back with each key: whether it was there before, and to read its value. */
  #object(isTaken: (key: string) => boolean, read: (key: string) => void): void {
    this.#expect("{");
    if (this.#take("}")) return;
    do {
      const key = this.#string();
      if (isTaken(key))
        throw safetensorsError(
          "DUPLICATE_KEY",
          `The header has the key ${quoted(key)} twice. Keys are unique in the format. Do not trust this file.`,
        );
      this.#expect(":");
      read(key);
    } while (this.#take(","));
    this.#expect("}");
  }

  #integers(): number[] {
    const values: number[] = [];
    this.#expect("[");
    if (this.#take("]")) return values;
    do {
      INTEGER.lastIndex = this.#at;
      if (!INTEGER.test(this.#text)) this.#refuse("a non-negative integer");
      // One too many is enough to be refused; a header could name millions.
      if (values.length <= MAX_DIMENSIONS) values.push(Number(this.#text.slice(this.#at, INTEGER.lastIndex)));
      this.#at = INTEGER.lastIndex;
      this.#skipWhitespace();
    } while (this.#take(","));
    this.#expect("]");
    return values;
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') this.#refuse("a string");
    const start = this.#at;
    let end = start + 1;
    let isPlain = true;
    for (let code = this.#text.charCodeAt(end); code !== 0x22; code = this.#text.charCodeAt(++end)) {
      // NaN, past the end, is no control character.
      if (Number.isNaN(code) || code < 0x20) this.#refuse("the end of a string");
      if (code === 0x5c) {
        isPlain = false;
        end++;
      }
    }
    this.#at = end + 1;
    const value = isPlain ? this.#text.slice(start + 1, end) : this.#unescape(start, end + 1);
    this.#skipWhitespace();
    return value;
  }

  #unescape(start: number, end: number): string {
    const literal = this.#text.slice(start, end);
    try {
      const value = JSON.parse(literal) as string;
      if (!/\p{Surrogate}/u.test(value)) return value;
    } catch {
      // The refusal below says it.
    }
    throw invalid(`The string ${quoted(literal)}`, "escapes that stand for characters");
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    this.#skipWhitespace();
    return true;
  }

  #expect(character: string): void {
    if (!this.#take(character)) this.#refuse(character);
  }

  #skipWhitespace(): void {
    // Nearly always there is none.
    if (this.#text.charCodeAt(this.#at) > 0x20) return;
    WHITESPACE.lastIndex = this.#at;
    WHITESPACE.test(this.#text);
    this.#at = WHITESPACE.lastIndex;
  }

  #refuse(expected: string): never {
    const here = this.#at < this.#text.length ? quoted(this.#text.slice(this.#at, this.#at + 20)) : "its end";
    throw invalid(`The header has ${here} at character ${this.#at}`, expected);
  }
}

function invalid(what: string, expected: string): Error {
  return safetensorsError("HEADER_INVALID", `${what}; expected: ${expected}. This is no safetensors file, or it is damaged.`);
}
